using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Packages;

namespace Devcontainer.Prebuild.Tests.Packages;

[TestClass]
public sealed class PackageClosureTests
{
    private static readonly IReadOnlyDictionary<string, string?> NoSdks = new Dictionary<string, string?>();

    [TestMethod]
    public void Libraries_downloads_and_SDKs_of_all_projects_are_in_it_each_once()
    {
        using var packages = new PackagesFolder();
        using var restored = new TestFolder();
        foreach (string id in (string[])["One", "Two", "Microsoft.NETCore.App.Ref", "Some.Sdk", "Not.Used"])
        {
            packages.Add(id, "1.0.0");
        }

        Write(restored, "a", packages, """ "One/1.0.0": { "type": "package" }, "Project/1.0.0": { "type": "project" } """);
        Write(restored, "b", packages, """ "One/1.0.0": { "type": "package" }, "Two/1.0.0": { "type": "package" } """, "[1.0.0, 1.0.0]");
        IReadOnlyList<NuGetPackage> closure = PackageClosure.Read(
            restored.Path, new Dictionary<string, string?> { ["Some.Sdk"] = "1.0.0", ["Microsoft.NET.Sdk"] = null, ["Workload.Sdk"] = "9.9.9" }).Packages;
        CollectionAssert.AreEqual(
            new[] { "microsoft.netcore.app.ref/1.0.0", "one/1.0.0", "some.sdk/1.0.0", "two/1.0.0" }, closure.Select(static package => package.Name).ToArray());
    }

    [TestMethod]
    [DataRow("1.0", "1.0.0")]
    [DataRow("1", "1.0.0")]
    [DataRow("1.2.3.0", "1.2.3")]
    [DataRow("1.2.3.4", "1.2.3.4")]
    [DataRow("01.002.3", "1.2.3")]
    [DataRow("1.0.0-Beta.1", "1.0.0-beta.1")]
    [DataRow("1.0-rc+build.5", "1.0.0-rc")]
    [DataRow("1.0.0+build-5", "1.0.0")]
    public void Versions_are_found_as_folders_are_named(string written, string folder)
    {
        using var packages = new PackagesFolder();
        using var restored = new TestFolder();
        packages.Add("One", folder);
        Write(restored, "a", packages, $$""" "One/{{written}}": { "type": "package" } """);
        Assert.AreEqual(folder, PackageClosure.Read(restored.Path, NoSdks).Packages.Single().Version);
    }

    [TestMethod]
    public void A_floating_version_is_told_unless_a_lock_file_holds_it()
    {
        using var packages = new PackagesFolder();
        using var restored = new TestFolder();
        packages.Add("One", "1.0.0");
        Write(restored, "a", packages, """ "One/1.0.0": { "type": "package" } """, asked: "[1.*, )");
        Write(restored, "b", packages, """ "One/1.0.0": { "type": "package" } """, asked: "[*-*, )");
        CollectionAssert.AreEqual(new[] { "One *-* in b.csproj", "One 1.* in a.csproj" }, PackageClosure.Read(restored.Path, NoSdks).Floating.ToArray());
        restored.Write("packages.a.lock.json", "{}");
        CollectionAssert.AreEqual(new[] { "One *-* in b.csproj" }, PackageClosure.Read(restored.Path, NoSdks).Floating.ToArray());
    }

    [TestMethod]
    public void A_fallback_folder_of_the_user_s_is_looked_into()
    {
        using var packages = new PackagesFolder();
        using var fallback = new PackagesFolder();
        using var restored = new TestFolder();
        fallback.Add("One", "1.0.0");
        Write(restored, "a", packages, """ "One/1.0.0": { "type": "package" } """, folders: [packages.Path, fallback.Path]);
        Assert.StartsWith(fallback.Path, PackageClosure.Read(restored.Path, NoSdks).Packages.Single().Folder);
    }

    [TestMethod]
    public void A_package_that_is_gone_since_is_an_error()
    {
        using var packages = new PackagesFolder();
        using var restored = new TestFolder();
        Write(restored, "a", packages, """ "One/1.0.0": { "type": "package" } """);
        Diagnostic error = Errors.Expect(Codes.PackageDamaged, () => PackageClosure.Read(restored.Path, NoSdks));
        Assert.Contains("one 1.0.0", error.Message);
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("{}")]
    [DataRow("[]")]
    public void An_assets_file_that_is_none_is_an_error(string text)
    {
        using var restored = new TestFolder();
        string file = restored.Write("a/project.assets.json", text);
        Assert.Contains(file, Errors.Expect(Codes.RestoreFailed, () => PackageClosure.Read(restored.Path, NoSdks)).Message);
    }

    private static void Write(
        TestFolder restored, string name, PackagesFolder packages, string libraries, string? reference = null, string[]? folders = null, string asked = "[1.0.0, )") => restored.Write(
        $"{name}/project.assets.json",
        $$"""
        {
          "libraries": { {{libraries}} },
          "packageFolders": { {{string.Join(", ", (folders ?? [packages.Path]).Select(static folder => $"\"{folder}\": {{}}"))}} },
          "project": { "restore": { "projectPath": "{{restored[name]}}.csproj" }, "frameworks": { "net10.0": { {{(reference is null ? "" : $$"""
            "downloadDependencies": [{ "name": "Microsoft.NETCore.App.Ref", "version": "{{reference}}" }],
            """)}} "dependencies": { "One": { "target": "Package", "version": "{{asked}}" }, "Project": { "target": "Project" } } } } }
        }
        """);
}

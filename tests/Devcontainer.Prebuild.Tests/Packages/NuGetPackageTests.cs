using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Packages;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Packages;

[TestClass]
public sealed class NuGetPackageTests
{
    [TestMethod]
    [DataRow("microsoft.netcore.app.host.linux-x64", true)]
    [DataRow("microsoft.aspnetcore.app.runtime.linux-musl-arm64", true)]
    [DataRow("runtime.linux-x64.microsoft.dotnet.ilcompiler", true)]
    [DataRow("runtime.osx-arm64.runtime.native.system.io.ports", true)]
    [DataRow("microsoft.netcore.app.runtime.win-x86", true)]
    [DataRow("microsoft.netcore.app.ref", false)]
    [DataRow("some-linux.tool", false)]
    [DataRow("linux.x64", false)]
    [DataRow("serilog.sinks.file", false)]
    [DataRow("my-x64.thing", false)]
    public void One_is_for_one_platform_by_a_runtime_identifier_in_its_name(string id, bool expected) =>
        Assert.AreEqual(expected, new NuGetPackage(id, "1.0.0", "/nowhere").IsForOnePlatform);

    [TestMethod]
    public void What_its_manifest_says_is_for_the_SBOM()
    {
        using var folder = new PackagesFolder();
        ImagePackage package = NuGetManifest.Describe(folder.Add("Some.Package", "1.2.3-beta"), PackageLayer.Folder);
        Assert.AreEqual(("Some.Package", "1.2.3-beta", "pkg:nuget/Some.Package@1.2.3-beta"), (package.Name, package.Version, package.Purl));
        Assert.AreEqual(("An Author", "MIT"), (package.Maintainer, package.License!.Expression));
    }

    [TestMethod]
    [DataRow("no manifest", "some.package.nuspec", null)]
    [DataRow("a manifest that is none", "some.package.nuspec", "<package>")]
    [DataRow("a manifest without metadata", "some.package.nuspec", "<package />")]
    [DataRow("a manifest with a document type", "some.package.nuspec", "<!DOCTYPE package [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><package>&e;</package>")]
    [DataRow("no record of its hash", ".nupkg.metadata", null)]
    [DataRow("a record that is none", ".nupkg.metadata", "{}")]
    [DataRow("a record without a hash", ".nupkg.metadata", """{ "contentHash": null }""")]
    [DataRow("a record of something else", ".nupkg.metadata", "[]")]
    public void One_that_is_not_whole_is_an_error_with_its_folder(string what, string file, string? content)
    {
        using var folder = new PackagesFolder();
        NuGetPackage package = folder.Add("Some.Package", "1.0.0");
        string path = Path.Combine(package.Folder, file);
        File.Delete(path);
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }

        Diagnostic error = Errors.Expect(Codes.PackageDamaged, () =>
        {
            package.ReadContentHash();
            NuGetManifest.Describe(package, PackageLayer.Folder);
        });
        Assert.Contains(package.Folder, error.Message, what);
        Assert.Contains("some.package 1.0.0", error.Message, what);
    }
}

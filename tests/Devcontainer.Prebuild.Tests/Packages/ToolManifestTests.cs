using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Packages;

namespace Devcontainer.Prebuild.Tests.Packages;

[TestClass]
public sealed class ToolManifestTests
{
    [TestMethod]
    [DataRow(".config/dotnet-tools.json", "")]
    [DataRow("src/dotnet-tools.json", "src")]
    public void It_is_for_the_folder_that_it_is_in_or_the_one_above_config(string path, string folder)
    {
        using var files = new TestFolder();
        files.Write(path, """
            {
              // As people write it.
              "version": 1, "isRoot": true,
              "tools": { "dotnet-ef": { "version": "10.0.1", "commands": ["dotnet-ef"], "rollForward": false }, "nbgv": { "version": "3.7.1" }, },
            }
            """);
        ToolManifest manifest = ToolManifest.Read(files[path]);
        Assert.AreEqual(folder.Length == 0 ? files.Path : files[folder], manifest.Folder);
        CollectionAssert.AreEqual(new[] { ("dotnet-ef", "10.0.1"), ("nbgv", "3.7.1") }, manifest.Tools.ToArray());
    }

    [TestMethod]
    public void One_without_tools_has_none()
    {
        using var files = new TestFolder();
        files.Write("dotnet-tools.json", """{ "version": 1, "isRoot": true }""");
        Assert.IsEmpty(ToolManifest.Read(files["dotnet-tools.json"]).Tools);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("[]")]
    [DataRow("""{ "tools": [] }""")]
    [DataRow("""{ "tools": { "a": "1.0.0" } }""")]
    [DataRow("""{ "tools": { "a": { } } }""")]
    [DataRow("""{ "tools": { "a": { "version": 1 } } }""")]
    [DataRow("""{ "tools": { "a": { "version": null } } }""")]
    public void What_is_none_is_an_error_at_the_file(string text)
    {
        using var files = new TestFolder();
        files.Write("dotnet-tools.json", text);
        DevcontainerException error = Assert.ThrowsExactly<DevcontainerException>(() => ToolManifest.Read(files["dotnet-tools.json"]));
        Assert.AreEqual("DEVC3074", error.Diagnostic.Code);
        Assert.AreEqual(files["dotnet-tools.json"], error.Diagnostic.Location!.File);
    }
}

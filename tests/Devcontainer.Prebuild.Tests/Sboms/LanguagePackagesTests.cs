using System.Text.Json;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

[TestClass]
public sealed class LanguagePackagesTests
{
    private const string Deps = """
        {
          "targets": {
            ".NETCoreApp,Version=v10.0": {
              "App/1.0.0": { "runtime": { "App.dll": {} } },
              "Some.Library/2.1.0": { "runtime": { "lib/net10.0/Some.Library.dll": {} } },
              "Only.Reference/3.0.0": { "dependencies": { "Some.Library": "2.1.0" } },
              "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/10.0.12": { "native": { "libcoreclr.so": {} } }
            }
          },
          "libraries": {
            "App/1.0.0": { "type": "project" },
            "Some.Library/2.1.0": { "type": "package" },
            "Only.Reference/3.0.0": { "type": "package" },
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/10.0.12": { "type": "runtimepack" }
          }
        }
        """;

    [TestMethod]
    public async Task The_packages_of_an_application_are_those_that_have_files_in_it()
    {
        using var image = new TestImage(new TestLayer().File("app/App.deps.json", Deps));
        CollectionAssert.AreEqual(
            new[] { "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@10.0.12", "pkg:nuget/Some.Library@2.1.0" }, await PurlsAsync(image));
    }

    [TestMethod]
    [DataRow("usr/share/dotnet/sdk/10.0.401/dotnet.dll", "pkg:generic/dotnet-sdk@10.0.401")]
    [DataRow("usr/share/dotnet/host/fxr/10.0.12/libhostfxr.so", "pkg:generic/dotnet-hostfxr@10.0.12")]
    [DataRow("usr/share/dotnet/packs/Microsoft.NETCore.App.Ref/10.0.12/data/FrameworkList.xml", "pkg:nuget/Microsoft.NETCore.App.Ref@10.0.12")]
    [DataRow(
        "usr/share/dotnet/sdk-manifests/10.0.100/microsoft.net.sdk.maui/10.0.0/WorkloadManifest.json",
        "pkg:nuget/microsoft.net.sdk.maui.Manifest-10.0.100@10.0.0")]
    [DataRow("app/dotnet.dll", null)]
    [DataRow("opt/data/FrameworkList.xml", null)]
    public async Task What_an_SDK_brings_is_told_by_its_folders(string path, string? purl)
    {
        using var image = new TestImage(new TestLayer().File(path, "x"));
        CollectionAssert.AreEqual(purl is null ? [] : new[] { purl }, await PurlsAsync(image));
    }

    [TestMethod]
    [DataRow("usr/share/dotnet/nuget/some.library/2.1.0/some.library.nuspec", true)]
    [DataRow("tools/.store/some.library/2.1.0/some.library/2.1.0/some.library.nuspec", true)]
    [DataRow("src/some.library.nuspec", false)]
    [DataRow("src/other/2.1.0/other.nuspec", false)]
    public async Task A_package_folder_has_the_packages_whose_nuspec_is_in_its_place(string path, bool there)
    {
        const string Nuspec = """
            <?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata><id>Some.Library</id><version>2.1.0</version><license type="expression">MIT</license></metadata>
            </package>
            """;
        using var image = new TestImage(new TestLayer().File(path, Nuspec));
        CollectionAssert.AreEqual(there ? new[] { "pkg:nuget/Some.Library@2.1.0" } : [], await PurlsAsync(image));
        if (there)
        {
            JsonElement package = SbomReader.Package((await image.GenerateAsync()).Json, "Some.Library");
            Assert.AreEqual("MIT", package.GetProperty("licenseDeclared").GetString());
        }
    }

    [TestMethod]
    [DataRow("usr/lib/node_modules/npm", true)]
    [DataRow("app/node_modules/@scope/name", true)]
    [DataRow("app/node_modules/a/node_modules/b", true)]
    [DataRow("app/node_modules/.pnpm/a@1.0.0/node_modules/a", true)]
    [DataRow("app/node_modules/test", true)]
    [DataRow("app/node_modules/test/node_modules/b", true)]
    [DataRow("usr/share/nodejs/semver", true)]
    [DataRow("opt/yarn-v1.22.22", true)]
    [DataRow("app", false)]
    [DataRow("app/node_modules/a/lib", false)]
    [DataRow("app/node_modules/@scope", false)]
    [DataRow("app/node_modules/a/test/fixtures/node_modules/b", false)]
    [DataRow("app/my_node_modules/a", false)]
    public async Task A_node_package_counts_where_it_is_installed(string folder, bool there)
    {
        using var image = new TestImage(new TestLayer().File(folder + "/package.json", """{ "name": "@scope/name", "version": "1.0.0-rc.1+5" }"""));
        CollectionAssert.AreEqual(there ? new[] { "pkg:npm/%40scope/name@1.0.0-rc.1%2B5" } : [], await PurlsAsync(image));
    }

    [TestMethod]
    [DataRow("usr/lib/python3/dist-packages/Some_Thing-1.0.dist-info/METADATA")]
    [DataRow("usr/lib/python3/dist-packages/Some_Thing-1.0.egg-info/PKG-INFO")]
    [DataRow("usr/lib/python3/dist-packages/Some_Thing-1.0.egg-info")]
    public async Task A_Python_distribution_is_told_by_its_metadata(string path)
    {
        using var image = new TestImage(new TestLayer().File(
            path, "Metadata-Version: 2.1\r\nName: Some_Thing\r\nVersion: 1.0\r\nClassifier: License :: OSI Approved :: MIT License\r\n\r\nVersion: 2.0\r\n"));
        CollectionAssert.AreEqual(new[] { "pkg:pypi/some-thing@1.0" }, await PurlsAsync(image));
        Assert.AreEqual("MIT", SbomReader.Package((await image.GenerateAsync()).Json, "Some_Thing").GetProperty("licenseDeclared").GetString());
    }

    [TestMethod]
    public async Task A_package_that_an_upper_layer_removes_or_replaces_is_not_there()
    {
        TestLayer lower = new TestLayer()
            .File("node_modules/a/package.json", """{ "name": "a", "version": "1" }""").File("node_modules/b/package.json", """{ "name": "b", "version": "1" }""");
        using var image = new TestImage(
            lower, new TestLayer().Without("node_modules/a").File("node_modules/b/package.json", """{ "name": "b", "version": "2" }"""));
        CollectionAssert.AreEqual(new[] { "pkg:npm/b@2" }, await PurlsAsync(image));
    }

    [TestMethod]
    public async Task A_folder_that_is_made_anew_has_only_its_new_packages()
    {
        using var image = new TestImage(
            new TestLayer().File("app/node_modules/a/package.json", """{ "name": "a", "version": "1" }""").File("lib/b-1.dist-info/METADATA", "Name: b\nVersion: 1\n"),
            new TestLayer().Opaque("app").File("app/node_modules/c/package.json", """{ "name": "c", "version": "1" }"""));
        CollectionAssert.AreEqual(new[] { "pkg:npm/c@1", "pkg:pypi/b@1" }, await PurlsAsync(image));
    }

    [TestMethod]
    public async Task A_package_in_several_places_is_listed_once()
    {
        const string Json = """{ "name": "a", "version": "1" }""";
        using var image = new TestImage(
            new TestLayer().File("node_modules/a/package.json", Json).File("srv/node_modules/a/package.json", Json),
            new TestLayer().File("opt/node_modules/a/package.json", Json));
        CollectionAssert.AreEqual(new[] { "pkg:npm/a@1" }, await PurlsAsync(image));
    }

    [TestMethod]
    public async Task A_package_file_that_is_a_hard_link_into_a_store_is_read_there()
    {
        using var image = new TestImage(
            new TestLayer().File("store/ab/cdef", """{ "name": "a", "version": "1" }""").HardLink("node_modules/a/package.json", "store/ab/cdef"));
        CollectionAssert.AreEqual(new[] { "pkg:npm/a@1" }, await PurlsAsync(image));
    }

    [TestMethod]
    public async Task Layers_that_are_put_on_an_image_are_read_alone()
    {
        using var image = new TestImage(
            new TestLayer().Status("bash 5.2-1"), new TestLayer().File("node_modules/a/package.json", """{ "name": "a", "version": "1" }"""));
        IReadOnlyList<ImagePackage> packages = await SbomGenerator.ReadPackagesAsync(image.Layout, [image.Layers[1]], default);
        Assert.AreEqual("pkg:npm/a@1", packages.Single().Purl);
        Sbom below = await SbomGenerator.GenerateAsync(image.Layout, image.AddManifest([image.Layers[0]]), TestImage.Request);
        Sbom extended = SbomDocument.Extend(below.Json, image.Manifest, TestImage.Request, packages);
        CollectionAssert.AreEqual((await image.GenerateAsync()).Json, extended.Json);
    }

    private static async Task<string[]> PurlsAsync(TestImage image)
    {
        byte[] json = (await image.GenerateAsync()).Json;
        SpdxRules.Check(json);
        return SbomReader.Purls(json);
    }
}

using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>The packages of projects as layers of the image: made once, put on without an engine when they change.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class PackageTests : EngineTests
{
    private const string Folder = "usr/local/share/nuget/packages";

    private static readonly string Host = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64";

    /// <summary>What becomes of an image: its packages are in it, and only what the engine is needed for is ever built again.</summary>
    [TestMethod]
    public async Task A_new_version_is_a_layer_and_no_build()
    {
        PackageFeed feed = new PackageFeed()
            .Add("One", "1.0.0", 10_000, ("Two", "1.0.0")).Add("One", "1.1.0", 10_000, ("Two", "1.0.0"))
            .Add("Two", "1.0.0", 10_000).Add("Two", "2.0.0", 10_000);
        Workspace workspace = NewWorkspace(feed);
        CommandResult built = (await Quickstart.PrebuildAsync(workspace)).Succeeded();
        Assert.AreEqual("built", Image(built)["Source"]);
        CollectionAssert.IsSubsetOf(
            new[] { $"{feed.Prefix}.One 1.0.0", $"{feed.Prefix}.Two 1.0.0" }, await PackagesAsync(built), "the SBOM has them");
        string[] files = Files(workspace, built);
        Assert.Contains($"{Folder}/{feed.Prefix}.one/1.0.0/content/data", files);
        Assert.Contains($"{Folder}/{feed.Prefix}.two/1.0.0/.nupkg.metadata", files);
        Assert.Contains("hello.txt", files);
        CollectionAssert.IsSubsetOf(new[] { $"NUGET_FALLBACK_PACKAGES=/{Folder}", "WarningsNotAsErrors=NU1900" }, Variables(workspace, built));

        // From here on there is no engine.
        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));

        workspace.Write("Directory.Packages.props", Versions(feed, "1.1.0"));
        string change = $"Directory.Packages.props: {feed.Prefix}.One 1.0.0 → 1.1.0";
        CommandResult explained = (await workspace.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, explained.Lines($"~ {change} [packages]"), explained.Report);
        Assert.HasCount(1, explained.Lines($"No build and no engine: packages are restored, and where they differ put on the environment image of {Host}."), explained.Report);
        CommandResult appended = (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
        Assert.Contains("(appended: layers were put on the environment image, without an engine)", CommandTests.Result(appended));
        Assert.HasCount(1, appended.Lines($"The image is out of date: {change}."), appended.Report);
        Assert.HasCount(1, appended.Lines("Packages: 1 of 2 layers new "), appended.Report);
        Assert.DoesNotContain("\"sbom\"", await File.ReadAllTextAsync(workspace["bin/devcontainer/metrics.json"]), "no layer is read again for the SBOM");
        CommandResult items = (await Quickstart.PrebuildAsync(workspace)).Succeeded();
        files = Files(workspace, items);
        Assert.Contains($"{Folder}/{feed.Prefix}.one/1.1.0/content/data", files);
        Assert.DoesNotContain($"{Folder}/{feed.Prefix}.one/1.0.0/content/data", files);
        Assert.AreEqual(Key(built, "environment"), Key(items, "environment"));
        Assert.AreNotEqual(Key(built, "packages"), Key(items, "packages"));
        string[] packages = await PackagesAsync(items);
        Assert.Contains($"{feed.Prefix}.One 1.1.0", packages);
        Assert.DoesNotContain($"{feed.Prefix}.One 1.0.0", packages);

        // A comment changes nothing at all; a version that no project takes changes the key, and the image is the same.
        workspace.Write("Directory.Packages.props", Versions(feed, "1.1.0") + "<!-- a comment -->");
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        workspace.Write("Directory.Packages.props", Versions(feed, "1.1.0").Replace("</ItemGroup>", "<PackageVersion Include=\"Unused\" Version=\"1.0.0\" /></ItemGroup>", StringComparison.Ordinal));
        CommandResult same = (await Quickstart.PrebuildAsync(workspace)).Succeeded();
        Assert.AreEqual("local", Image(same)["Source"]);
        Assert.AreEqual(Image(items)["Digest"], Image(same)["Digest"]);
        Assert.AreNotEqual(Image(items)["Key"], Image(same)["Key"]);

        // As it was is byte for byte the image that it was.
        workspace.Write("Directory.Packages.props", Versions(feed, "1.0.0"));
        Assert.AreEqual(Image(built)["Digest"], Image((await Quickstart.PrebuildAsync(workspace)).Succeeded())["Digest"]);

        // What the engine is needed for is an honest error without one.
        workspace.Write(".devcontainer/hello.txt", "changed\n");
        (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC4001");
    }

    /// <summary>Another machine, with neither an engine nor an earlier build, appends to the environment image of the registry.</summary>
    [TestMethod]
    public async Task Another_machine_appends_to_the_image_of_the_registry()
    {
        PackageFeed feed = new PackageFeed().Add("One", "1.0.0", 20_000, ("Two", "1.0.0")).Add("One", "1.1.0", 20_000, ("Two", "1.0.0")).Add("Two", "1.0.0", 200_000);
        Workspace a = NewWorkspace(feed);
        SharingTests.Name(a, $"devcontainer-sdk-test/{Guid.NewGuid():N}", "linux/amd64;linux/arm64");
        (await a.BuildAsync("publish", "-p:PushDevcontainer=true")).Succeeded();
        CommandResult first = (await Quickstart.PrebuildAsync(a)).Succeeded();
        await TestEngine.ValidateAsync(SharingTests.NameOf(a) + "@" + Image(first)["Digest"]);

        Workspace b = SharingTests.Copy(a, NewWorkspace("elsewhere"), "linux/amd64;linux/arm64");
        b.Environment["PATH"] = SharingTests.WithoutDocker(b);
        b.Write("Directory.Packages.props", Versions(feed, "1.1.0"));
        CommandResult explained = (await b.BuildAsync("build", "-t:ExplainDevcontainer")).Succeeded();
        Assert.HasCount(1, explained.Lines("put on the environment image of linux/amd64 and linux/arm64."), explained.Report);
        CommandResult appended = await b.BuildAsync("publish", "-p:PushDevcontainer=true");
        Assert.Contains("(appended: ", CommandTests.Result(appended.Succeeded()));
        Assert.HasCount(1, appended.Lines("Packages: 1 of 2 layers new "), appended.Report);
        CommandResult second = (await Quickstart.PrebuildAsync(b)).Succeeded();
        foreach ((string platform, string digest) in second.Items("DevcontainerDigest").Select(static item => (item["Platform"], item["Identity"])))
        {
            await TestEngine.RunAsync("crane", "validate", "--remote", $"{SharingTests.NameOf(b)}@{digest}");
            Assert.DoesNotContain(digest, first.Items("DevcontainerDigest").Select(static item => item["Identity"]), platform);
        }

        // What the environment is made of never came here, and neither did the packages that stayed.
        long local = Directory.EnumerateFiles(b["bin/devcontainer/image/blobs"], "*", SearchOption.AllDirectories).Sum(static file => new FileInfo(file).Length);
        Assert.IsLessThan(100_000, local);

        // A third one finds it by its key, and appended to in turn it comes to the first one's image.
        Workspace c = SharingTests.Copy(b, NewWorkspace("third"), "linux/amd64;linux/arm64");
        c.Environment["PATH"] = SharingTests.WithoutDocker(c);
        Assert.Contains("(registry: found by its key)", CommandTests.Result((await c.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        c.Write("Directory.Packages.props", Versions(feed, "1.0.0"));
        CommandResult third = (await Quickstart.PrebuildAsync(c)).Succeeded();
        Assert.AreEqual("registry", Image(third)["Source"]);
        Assert.AreEqual(Image(first)["Digest"], Image(third)["Digest"]);
        CollectionAssert.AreEqual(await PackagesAsync(first), await PackagesAsync(third));
    }

    /// <summary>Those for a runtime are of each platform's own; the rest is one layer on all of them.</summary>
    [TestMethod]
    public async Task Tools_of_a_manifest_are_a_feed_in_the_image()
    {
        PackageFeed feed = new PackageFeed().Add("One", "1.0.0").AddTool("tool", "1.0.0", "linux-x64", "linux-arm64", "win-x64", "any").AddTool("tool", "1.1.0", "any");
        string tool = $"{feed.Prefix}.tool";
        Workspace workspace = NewWorkspace(feed);
        workspace.Write("src/.config/dotnet-tools.json", ToolManifest(tool, "1.0.0"));
        CommandResult built = (await Quickstart.PrebuildAsync(workspace, "-p:DevcontainerPlatforms=linux/amd64%3Blinux/arm64")).Succeeded();
        CollectionAssert.AreEqual(
            new[] { $"{tool} 1.0.0", $"{tool}.any 1.0.0", $"{tool}.linux-x64 1.0.0" },
            (await PackagesAsync(built)).Where(name => name.StartsWith(tool, StringComparison.Ordinal)).ToArray());
        string[] files = Files(workspace, built);
        CollectionAssert.IsSubsetOf(new[] { $"{ToolFolder}/nuget.config", $"{ToolFolder}/{tool}.1.0.0.nupkg", $"{ToolFolder}/{tool}.linux-x64.1.0.0.nupkg" }, files);
        Assert.DoesNotContain($"{ToolFolder}/{tool}.linux-arm64.1.0.0.nupkg", files);

        workspace.Environment["PATH"] = SharingTests.WithoutDocker(workspace);
        workspace.Write("src/.config/dotnet-tools.json", ToolManifest(tool, "1.1.0"));
        CommandResult appended = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerPlatforms=linux/amd64%3Blinux/arm64")).Succeeded();
        Assert.HasCount(1, appended.Lines($"The image is out of date: src/.config/dotnet-tools.json: tools.{tool}.version 1.0.0 → 1.1.0."), appended.Report);
        Assert.Contains("(appended: ", CommandTests.Result(appended));

        workspace.Write("src/.config/dotnet-tools.json", ToolManifest(tool, "9.9.9"));
        CommandResult missing = await workspace.BuildAsync("build", "-t:Prebuild");
        Assert.AreEqual(1, missing.ExitCode);
        Assert.Contains($"error DEVC3071: The packages of '{workspace["src/.config/dotnet-tools.json"]}' cannot be restored", missing.Report);
        Assert.Contains($"Unable to find package {tool} with version (= 9.9.9)", missing.Report);
        workspace.Write("src/.config/dotnet-tools.json", """{ "tools": { "x": "1.0.0" } }""");
        Assert.EndsWith("dotnet-tools.json", (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3074").File);
    }

    private const string ToolFolder = "usr/local/share/nuget/tools";

    private static string ToolManifest(string tool, string version) =>
        $$"""{ "version": 1, "isRoot": true, "tools": { "{{tool}}": { "version": "{{version}}", "commands": ["{{tool}}"] } } }""";

    [TestMethod]
    public async Task A_project_that_is_not_there_is_an_error()
    {
        Workspace workspace = NewWorkspace(new PackageFeed());
        File.Delete(workspace["src/App/App.csproj"]);
        Assert.Contains(workspace["src/App/App.csproj"], (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3070").Text);
    }

    [TestMethod]
    public async Task A_restore_that_fails_is_an_error_in_NuGet_s_words()
    {
        PackageFeed feed = new();
        Workspace workspace = NewWorkspace(feed);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3071");
        Assert.Contains("NU1101", error.Text);
        Assert.Contains($"{feed.Prefix}.One", error.Text);
        Assert.IsFalse(File.Exists(workspace["bin/devcontainer/receipt.json"]));
    }

    [TestMethod]
    public async Task A_floating_version_is_a_warning_an_error_in_locked_mode_and_neither_with_a_lock_file()
    {
        PackageFeed feed = new PackageFeed().Add("One", "1.0.0");
        Workspace workspace = NewWorkspace(feed);
        workspace.Write("Directory.Packages.props", Versions(feed, "1.*").Replace("</PropertyGroup>", "<CentralPackageFloatingVersionsEnabled>true</CentralPackageFloatingVersionsEnabled></PropertyGroup>", StringComparison.Ordinal));
        BuildMessage warning = (await workspace.BuildAsync("build", "-t:Prebuild")).SucceededWithWarning("DEVC3073");
        Assert.Contains($"{feed.Prefix}.One 1.* in App.csproj", warning.Text);
        (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerForce=true", "-p:DevcontainerLockedMode=true")).Failed("DEVC3073");
        (await workspace.DotnetAsync("restore", "src/App/App.csproj", "-p:RestorePackagesWithLockFile=true")).Succeeded();
        Assert.IsTrue(File.Exists(workspace["src/App/packages.lock.json"]));
        feed.Add("One", "1.1.0");
        CommandResult locked = (await Quickstart.PrebuildAsync(workspace, "-p:DevcontainerLockedMode=true")).Succeeded();
        Assert.Contains($"{feed.Prefix}.One 1.0.0", await PackagesAsync(locked));
    }

    [TestMethod]
    public async Task A_package_that_was_damaged_is_an_error_and_no_layer()
    {
        PackageFeed feed = new PackageFeed().Add("One", "1.0.0", 10_000);
        Workspace workspace = NewWorkspace(feed);
        (await workspace.DotnetAsync("restore", "src/App/App.csproj")).Succeeded();
        string archive = Directory.EnumerateFiles(SdkPackage.RunFolder, $"{feed.Prefix}.one.1.0.0.nupkg", SearchOption.AllDirectories).Single(static file => file.Contains("packages", StringComparison.Ordinal));
        byte[] bytes = await File.ReadAllBytesAsync(archive);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(archive, bytes);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3072");
        Assert.Contains(Path.GetDirectoryName(archive)!, error.Text);

        // What it says to do is what helps.
        Directory.Delete(Path.GetDirectoryName(archive)!, recursive: true);
        (await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded();
    }

    private Workspace NewWorkspace(PackageFeed feed)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk"><ItemGroup><DevcontainerRestore Include="src/App/App.csproj" /></ItemGroup></Project>""");
        workspace.Write("src/nuget.config", feed.NuGetConfig);
        workspace.Write("src/App/App.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><PackageReference Include="{feed.Prefix}.One" /></ItemGroup>
            </Project>
            """);
        workspace.Write("Directory.Packages.props", Versions(feed, "1.0.0"));
        return workspace;
    }

    private static string Versions(PackageFeed feed, string version) =>
        $"""
        <Project>
          <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
          <ItemGroup><PackageVersion Include="{feed.Prefix}.One" Version="{version}" /></ItemGroup>
        </Project>
        """;

    private static IReadOnlyDictionary<string, string> Image(CommandResult items) => items.Items("DevcontainerImage").Single();

    private static string Key(CommandResult items, string tier) => items.Items("DevcontainerCacheKey").First(key => key["Tier"] == tier)["Identity"];

    // Every file of the first platform's image, all of whose layers are in the layout.
    private static string[] Files(Workspace workspace, CommandResult items)
    {
        var files = new List<string>();
        foreach (JsonElement layer in Manifest(workspace, items).GetProperty("layers").EnumerateArray())
        {
            using var tar = new TarReader(new GZipStream(File.OpenRead(Blob(workspace, layer)), CompressionMode.Decompress));
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile)
                {
                    files.Add(entry.Name);
                }
            }
        }

        return [.. files];
    }

    private static string[] Variables(Workspace workspace, CommandResult items)
    {
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Blob(workspace, Manifest(workspace, items).GetProperty("config"))));
        return [.. config.RootElement.GetProperty("config").GetProperty("Env").EnumerateArray().Select(static entry => entry.GetString()!)];
    }

    private static JsonElement Manifest(Workspace workspace, CommandResult items) => JsonElement.Parse(
        File.ReadAllBytes(workspace["bin/devcontainer/image/blobs/" + items.Items("DevcontainerDigest")[0]["Identity"].Replace(':', '/')]));

    private static string Blob(Workspace workspace, JsonElement descriptor) =>
        workspace["bin/devcontainer/image/blobs/" + descriptor.GetProperty("digest").GetString()!.Replace(':', '/')];

    // Name and version of what the SBOM of the first platform lists from NuGet.
    private static async Task<string[]> PackagesAsync(CommandResult items)
    {
        using JsonDocument sbom = JsonDocument.Parse(await File.ReadAllBytesAsync(items.Items("DevcontainerSbom")[0]["Identity"]));
        return
        [
            .. sbom.RootElement.GetProperty("packages").EnumerateArray()
                .Where(static package => package.TryGetProperty("externalRefs", out JsonElement references)
                    && references[0].GetProperty("referenceLocator").GetString()!.StartsWith("pkg:nuget/", StringComparison.Ordinal))
                .Select(static package => $"{package.GetProperty("name").GetString()} {package.GetProperty("versionInfo").GetString()}"),
        ];
    }
}

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>The SDK, packed once for a run under a version of its own, in a feed of its own, unpacked into a folder of its own.</summary>
[TestClass]
public static class SdkPackage
{
    private static readonly string Version = $"0.0.1-test.{Guid.NewGuid():N}";

    /// <summary>Where everything of this run is, removed at its end.</summary>
    internal static string RunFolder { get; } = Directory.CreateTempSubdirectory("devcontainer-sdk-tests-").FullName;

    /// <summary>The global.json of a workspace.</summary>
    internal static string GlobalJson { get; } =
        $$"""{ "sdk": { "version": "10.0.400", "rollForward": "latestFeature" }, "msbuild-sdks": { "Devcontainer.Sdk": "{{Version}}" } }""";

    /// <summary>The same, where `dotnet test` is the testing platform's.</summary>
    internal static string GlobalJsonOfTestingPlatform { get; } = GlobalJson[..^1] + """, "test": { "runner": "Microsoft.Testing.Platform" } }""";

    /// <summary>The nuget.config of a workspace.</summary>
    internal static string NuGetConfig { get; } =
        $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{Path.Combine(RunFolder, "packages")}" /></config>
          <packageSources><clear /><add key="feed" value="{Feed}" /></packageSources>
        </configuration>
        """;

    private static string Feed => Path.Combine(RunFolder, "feed");

    /// <summary>Packs what building the tests has built. The package's version alone is new: a new version of the assemblies would build them anew.</summary>
    [AssemblyInitialize]
    public static async Task PackAsync(TestContext context)
    {
        CommandResult pack = await Command.RunAsync(
            Command.Dotnet,
            ["pack", "sdk/Devcontainer.Sdk.csproj", "-c", Repository.Configuration, $"-p:PackageVersion={Version}", "-o", Feed, "-tl:off", "-nodeReuse:false"],
            Repository.Root);
        Assert.AreEqual(0, pack.ExitCode, pack.Report);

        // Unpacked before any test: NuGet's lock against two that unpack at once is in TMPDIR, and tests have a TMPDIR of their own.
        using var workspace = new Workspace();
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        (await workspace.DotnetAsync("msbuild", "-getProperty:UsingDevcontainerSdk")).Succeeded();
    }

    /// <summary>Leaves nothing behind.</summary>
    [AssemblyCleanup]
    public static void Remove() => Directory.Delete(RunFolder, recursive: true);
}

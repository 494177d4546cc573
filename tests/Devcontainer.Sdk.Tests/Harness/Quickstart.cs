namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>samples/quickstart, built once for both platforms and shared by the tests that only read it.</summary>
internal sealed class Quickstart
{
    /// <summary>Every item that a prebuild gives.</summary>
    internal static readonly string[] Items = ["DevcontainerImage", "DevcontainerDigest", "DevcontainerSbom", "DevcontainerCacheKey", "DevcontainerFeature"];

    private static readonly Lazy<Task<Quickstart>> Shared = new(BuildAsync);

    private Quickstart(Workspace workspace, CommandResult built)
    {
        Workspace = workspace;
        Built = built;
    }

    /// <summary>The workspace; nothing in it may be changed.</summary>
    internal Workspace Workspace { get; }

    /// <summary>What the build that made the image answered to <c>-getItem</c>.</summary>
    internal CommandResult Built { get; }

    /// <summary>The repository of the image, a name of this run's own.</summary>
    internal static string Repository { get; } = $"devcontainer-sdk-test/{Guid.NewGuid():N}";

    /// <summary>The layout.</summary>
    internal string Layout => Workspace["bin/devcontainer/image"];

    /// <summary>Builds it, or waits for it.</summary>
    internal static Task<Quickstart> GetAsync() => Shared.Value;

    /// <summary>Asks for the items of a prebuild.</summary>
    internal static Task<CommandResult> PrebuildAsync(Workspace workspace, params string[] arguments) =>
        workspace.BuildAsync("build", ["-t:Prebuild", .. Items.Select(static item => "-getItem:" + item), .. arguments]);

    private static async Task<Quickstart> BuildAsync()
    {
        var workspace = new Workspace("quickstart");
        string sample = Harness.Repository.At("samples/quickstart");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(sample, ".devcontainer"), "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) != "devcontainer-prebuild.lock.json")
            {
                workspace.Write(Path.GetRelativePath(sample, file), await File.ReadAllTextAsync(file));
            }
        }

        // A name of our own, that other images of the engine are not confused with; and two tags.
        workspace.Write("quickstart.proj", await File.ReadAllTextAsync(Path.Combine(sample, "quickstart.proj")));
        workspace.Write(
            "Directory.Build.props",
            $"""
            <Project>
              <PropertyGroup>
                <DevcontainerRepository>{Repository}</DevcontainerRepository>
                <DevcontainerImageTags>first;second</DevcontainerImageTags>
              </PropertyGroup>
            </Project>
            """);
        return new Quickstart(workspace, (await PrebuildAsync(workspace)).Succeeded());
    }
}

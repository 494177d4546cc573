using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.Tests.Crashes;

namespace Devcontainer.Prebuild.Tests.Sharing;

/// <summary>A workspace whose small image a scripted engine builds, and that is pushed to real registries.</summary>
internal sealed class PublishedWorkspace : IDisposable
{
    internal const string Repository = "team/dev";
    private readonly TemporaryFolder _folder = new();

    internal PublishedWorkspace()
    {
        SmallPrebuild.Prepare(_folder);
        Environment = new(StringComparer.Ordinal)
        {
            ["PATH"] = $"{_folder["bin"]}{Path.PathSeparator}{System.Environment.GetEnvironmentVariable("PATH")}",
            ["HOME"] = _folder.Path,
            ["DOCKER_CONFIG"] = _folder["docker"],
        };
    }

    /// <summary>The environment of what is run.</summary>
    internal Dictionary<string, string> Environment { get; }

    /// <summary>What was said.</summary>
    internal RecordingReporter Reporter { get; private set; } = new();

    internal string Output => _folder["output"];

    internal RegistrySettings Registries => new() { WorkspaceFolder = _folder["repo"], Environment = Environment };

    internal string this[string relative] => _folder[relative];

    internal string Write(string relative, string text) => _folder.Write(relative, text);

    /// <summary>Builds the image, named for a registry.</summary>
    internal Task<PrebuildResult> BuildAsync(RegistryServer registry, params IReadOnlyList<Platform> platforms) => SmallPrebuild.RunAsync(
        SmallPrebuild.Request(_folder.Path) with
        {
            Registry = registry.Host,
            Repository = Repository,
            Platforms = platforms.Count == 0 ? [SampleWorkspace.Amd64] : platforms,
            Registries = Registries,
        });

    /// <summary>Pushes it under the tag <c>latest</c>.</summary>
    internal Task PushAsync(SignatureSettings? signatures, IProcessRunner? processes = null) => PushAsync(request => request with { Signatures = signatures }, processes);

    /// <summary>Pushes it under the tag <c>latest</c>.</summary>
    internal async Task PushAsync(Func<PushRequest, PushRequest>? change = null, IProcessRunner? processes = null)
    {
        Reporter = new RecordingReporter();
        var request = new PushRequest { OutputPath = Output, Registries = Registries, Tags = ["latest"] };
        await new ImagePublish(processes ?? new ProcessRunner(), Reporter).PushAsync(change?.Invoke(request) ?? request, CancellationToken.None);
    }

    public void Dispose() => _folder.Dispose();
}

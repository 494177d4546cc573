using System.Runtime.CompilerServices;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Tests.Keys;

/// <summary>The test vectors of docs/keys.md: a change of the format is a change of its version, never an accident.</summary>
[TestClass]
public sealed class KeyVectorTests
{
    [TestMethod]
    public async Task The_documented_project_has_the_documented_keys()
    {
        using var folder = new TestFolder();
        folder.Write(".devcontainer/devcontainer.json", """{ "image": "debian:12" }""");
        folder.Write(".devcontainer/devcontainer-prebuild.lock.json", $$"""
            { "version": 1, "epoch": 0, "images": { "docker.io/library/debian:12": { "digest": "sha256:{{new string('0', 64)}}", "platforms": {} } } }
            """);
        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(await PrebuildInputs.ReadAsync(
            new PrebuildRequest
            {
                ProjectName = "vector",
                ConfigFile = folder[".devcontainer/devcontainer.json"],
                OutputPath = folder["out"],
                Repository = "vector",
                Platforms = [Platform.Parse("linux/amd64")],
                Environment = new Dictionary<string, string>(),
            },
            previous: null,
            new Recorder(),
            CancellationToken.None));
        string page = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "..", "docs", "keys.md"));
        foreach (CacheKey key in keys)
        {
            Assert.IsTrue(page.Contains($"| `{key.TierName}` | `{key.Value}` |", StringComparison.Ordinal), $"{key.TierName}: {key.Value}");
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}

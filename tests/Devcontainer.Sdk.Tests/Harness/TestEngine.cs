using System.Text.Json;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>The engine and the registry that the tests use (eng/engine.sh).</summary>
internal static class TestEngine
{
    /// <summary>The registry that has the base images; null where none is set up.</summary>
    internal static string? Registry { get; } = System.Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY") is { Length: > 0 } value ? value : null;

    /// <summary>What a build needs to find the base images there. Environment variables are properties.</summary>
    internal static IReadOnlyDictionary<string, string?> Environment { get; } = Registry is null
        ? new Dictionary<string, string?>()
        : new Dictionary<string, string?> { ["DevcontainerRegistryMirrors"] = $"mcr.microsoft.com={Registry},docker.io={Registry}" };

    /// <summary>Fails where there is no engine.</summary>
    internal static void Require()
    {
        if (Registry is null)
        {
            Assert.Fail("This test needs an engine and a registry with the base images: eng/engine.sh up, then eval \"$(eng/engine.sh env)\".");
        }
    }

    /// <summary>Runs a tool that is set up beside the engine: <c>docker</c>, <c>oras</c>, <c>crane</c>.</summary>
    /// <returns>What it wrote to standard output, trimmed.</returns>
    internal static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(tool, arguments, Path.GetTempPath());
        Assert.AreEqual(0, result.ExitCode, result.Report);
        return result.Output.Trim();
    }

    /// <summary>Has crane check every platform's image of an index. What attests them is no image, and crane takes it for one.</summary>
    internal static async Task ValidateAsync(string reference)
    {
        using var index = JsonDocument.Parse(await RunAsync("crane", "manifest", reference));
        string name = reference[..(reference.Contains('@', StringComparison.Ordinal) ? reference.IndexOf('@', StringComparison.Ordinal) : reference.LastIndexOf(':'))];
        int images = 0;
        foreach (JsonElement entry in index.RootElement.GetProperty("manifests").EnumerateArray())
        {
            if (!entry.TryGetProperty("annotations", out JsonElement annotations) || !annotations.TryGetProperty("vnd.docker.reference.type", out _))
            {
                string digest = $"{name}@{entry.GetProperty("digest").GetString()}";
                bool isIndex = entry.GetProperty("mediaType").GetString()!.Contains("index", StringComparison.Ordinal);
                await (isIndex ? ValidateAsync(digest) : RunAsync("crane", "validate", "--remote", digest));
                images++;
            }
        }

        Assert.IsGreaterThan(0, images, reference);
    }
}

using System.Text.Json;

namespace Devcontainer.Prebuild.Packages;

/// <summary>The versions of the MSBuild SDKs that projects name: their own, or those of global.json (learn.microsoft.com, "Reference a project SDK").</summary>
internal static class MSBuildSdks
{
    /// <summary>The SDKs; one has no version that neither the project nor global.json gives it.</summary>
    internal static IReadOnlyDictionary<string, string?> WithVersions(RestoreFiles files)
    {
        var sdks = new Dictionary<string, string?>(files.Sdks, StringComparer.OrdinalIgnoreCase);
        foreach (string file in files.GlobalJsons)
        {
            foreach ((string name, string version) in Read(file))
            {
                if (sdks.TryGetValue(name, out string? own) && own is null)
                {
                    sdks[name] = version;
                }
            }
        }

        return sdks;
    }

    private static IReadOnlyList<(string Name, string Version)> Read(string file)
    {
        try
        {
            using JsonDocument document = LenientJson.ReadFile(file);
            return document.RootElement.TryGetProperty("msbuild-sdks", out JsonElement sdks)
                ? [.. sdks.EnumerateObject().Select(static sdk => (sdk.Name, sdk.Value.GetString() ?? string.Empty))]
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Its projection is an input, and says what is wrong with it.
            return [];
        }
    }
}

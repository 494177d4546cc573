using System.Text.Json;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>
/// Reads what a feed lists of its releases: <c>releases-index.json</c>, and a <c>releases.json</c> for each channel (dotnet/core, release-notes; read by
/// Microsoft.Deployment.DotNet.Releases too).
/// </summary>
internal static class ReleaseIndex
{
    private const int Sha512Digits = 128;

    /// <summary>The channels, the latest first.</summary>
    /// <exception cref="FormatException">It is no such list; so say <see cref="JsonException"/>, <see cref="InvalidOperationException"/> and
    /// <see cref="KeyNotFoundException"/>.</exception>
    internal static IReadOnlyList<(int Major, int Minor)> ReadChannels(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var channels = new List<(int Major, int Minor)>();
        foreach (JsonElement channel in document.RootElement.GetProperty("releases-index").EnumerateArray())
        {
            string name = channel.GetProperty("channel-version").GetString() ?? throw new FormatException("a channel has no version");
            if (!SdkVersion.TryParse(name + ".0", out SdkVersion? version))
            {
                throw new FormatException($"'{name}' is no channel");
            }

            channels.Add((version.Major, version.Minor));
        }

        channels.Sort();
        channels.Reverse();
        return channels;
    }

    /// <summary>The versions of a product that a channel has, each with its archives for Linux.</summary>
    /// <exception cref="FormatException">As for <see cref="ReadChannels"/>.</exception>
    internal static IReadOnlyDictionary<SdkVersion, PinnedToolchain> ReadReleases(ReadOnlyMemory<byte> json, DotNetProduct product)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var versions = new Dictionary<SdkVersion, PinnedToolchain>();
        foreach (JsonElement release in document.RootElement.GetProperty("releases").EnumerateArray())
        {
            foreach (JsonElement section in product.Sections.SelectMany(name => Sections(release, name)))
            {
                // Several releases may list one SDK: the first ones of a new one, and those that it came with. The archives are the same.
                if (SdkVersion.TryParse(section.GetProperty("version").GetString(), out SdkVersion? version) && !versions.ContainsKey(version))
                {
                    versions.Add(version, new PinnedToolchain(version.ToString(), Archives(section, product, version)));
                }
            }
        }

        return versions;
    }

    private static IEnumerable<JsonElement> Sections(JsonElement release, string name) =>
        !release.TryGetProperty(name, out JsonElement section) ? []
        : section.ValueKind switch
        {
            JsonValueKind.Object => [section],
            JsonValueKind.Array => section.EnumerateArray(),
            _ => [],
        };

    private static Dictionary<string, string> Archives(JsonElement section, DotNetProduct product, SdkVersion version)
    {
        var archives = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonElement file in section.GetProperty("files").EnumerateArray())
        {
            string? rid = Text(file, "rid");
            string? name = Text(file, "name");
            if (rid is null || !rid.StartsWith("linux-", StringComparison.Ordinal)
                || (name != $"{product.Archive}-{rid}.tar.gz" && name != $"{product.Archive}-{version}-{rid}.tar.gz"))
            {
                continue;
            }

            string hash = Text(file, "hash")?.ToLowerInvariant() ?? string.Empty;
            if (!IsSha512(hash))
            {
                throw new FormatException($"'{name}' of {version} has no SHA-512");
            }

            archives[rid] = hash;
        }

        return archives;
    }

    /// <summary>Whether a text is a SHA-512 in lower case.</summary>
    internal static bool IsSha512(string? text) => text is { Length: Sha512Digits } && text.All(char.IsAsciiHexDigitLower);

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}

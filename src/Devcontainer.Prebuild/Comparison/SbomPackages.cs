using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Comparison;

/// <summary>The packages that an SBOM of ours lists, and the operating system: not the image itself, its bases and its Features, which receipts have.</summary>
internal sealed class SbomPackages
{
    private const string Prefix = "pkg:";

    private SbomPackages(SortedDictionary<(string Type, string Name), SortedSet<string>> versions) => Versions = versions;

    /// <summary>The versions of each, by the kind of package (<c>deb</c>; <c>os</c> for the operating system) and name.</summary>
    internal IReadOnlyDictionary<(string Type, string Name), SortedSet<string>> Versions { get; }

    /// <summary>Reads an SPDX document.</summary>
    /// <param name="spdx">The document.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="DevcontainerException">DEVC5064: it is none.</exception>
    internal static SbomPackages Parse(ReadOnlyMemory<byte> spdx, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(spdx);
            var versions = new SortedDictionary<(string, string), SortedSet<string>>(Comparer<(string Type, string Name)>.Create(static (a, b) =>
                string.CompareOrdinal(a.Type, b.Type) is not 0 and int byType ? byType : string.CompareOrdinal(a.Name, b.Name)));
            foreach (JsonElement package in document.RootElement.GetProperty("packages").EnumerateArray())
            {
                if (TypeOf(package) is not { } type)
                {
                    continue;
                }

                (string, string) key = (type, package.GetProperty("name").GetString() ?? string.Empty);
                if (!versions.TryGetValue(key, out SortedSet<string>? known))
                {
                    versions[key] = known = new SortedSet<string>(StringComparer.Ordinal);
                }

                known.Add(Text(package, "versionInfo") ?? "?");
            }

            return new SbomPackages(versions);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.CompareImageUnknown, null, path, $"it is no SPDX document ({e.Message.TrimEnd('.')})"), e);
        }
    }

    private static string? TypeOf(JsonElement package)
    {
        switch (Text(package, "primaryPackagePurpose"))
        {
            case "OPERATING_SYSTEM":
                return "os";
            case "CONTAINER" or "INSTALL":
                return null;
        }

        if (package.TryGetProperty("externalRefs", out JsonElement references))
        {
            foreach (JsonElement reference in references.EnumerateArray())
            {
                if (Text(reference, "referenceLocator") is { } purl
                    && purl.StartsWith(Prefix, StringComparison.Ordinal)
                    && purl.IndexOf('/', StringComparison.Ordinal) is > 0 and int end)
                {
                    return purl[Prefix.Length..end];
                }
            }
        }

        return "other";
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}

using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Reports;

/// <summary>What the page about an image shows: read from the files of its output folder, nothing else.</summary>
internal sealed record ReportData
{
    /// <summary>The record of the image.</summary>
    internal required Receipt Receipt { get; init; }

    /// <summary>Where the last prebuild that did anything had the image from; null where that was another one.</summary>
    internal string? Source { get; init; }

    /// <summary>How long that prebuild took, in seconds; null as above.</summary>
    internal double? Seconds { get; init; }

    /// <summary>How many seconds it saved; null where nobody can tell.</summary>
    internal double? SavedSeconds { get; init; }

    /// <summary>What had changed since the image before, in words.</summary>
    internal IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>The layers of each platform, the lowest first; empty for those whose manifests are not here.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<ReportLayer>> Layers { get; init; } = new Dictionary<string, IReadOnlyList<ReportLayer>>();

    /// <summary>The packages of all platforms, sorted.</summary>
    internal IReadOnlyList<ReportPackage> Packages { get; init; } = [];

    /// <summary>What the last verification of this image found; null where there was none.</summary>
    internal IReadOnlyList<ReportFinding>? Findings { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="outputPath">Absolute path of the output folder.</param>
    /// <exception cref="DevcontainerException">DEVC4021: there is no image.</exception>
    internal static ReportData Read(string outputPath)
    {
        Receipt receipt = ReceiptFile.TryRead(outputPath) ?? throw new DevcontainerException(Codes.NothingToLoad, outputPath);
        JsonElement? metrics = Json(Path.Combine(outputPath, PrebuildMetrics.FileName)) is { } read && Text(read, "key") == receipt.IndexKey ? read : null;
        return new ReportData
        {
            Receipt = receipt,
            Source = metrics is { } known ? Text(known, "source") : null,
            Seconds = Number(metrics, "seconds"),
            SavedSeconds = Number(metrics, "savedSeconds"),
            Changes = Member(metrics, "changes") is { ValueKind: JsonValueKind.Array } changes ? [.. changes.EnumerateArray().Select(static change => change.GetString() ?? "")] : [],
            Layers = ReadLayers(receipt, Path.Combine(outputPath, "image")),
            Packages = ReadPackages(receipt, outputPath),
            Findings = ReadFindings(receipt, Path.Combine(outputPath, SarifFile.FileName)),
        };
    }

    // Of an image that a registry has, manifests may not be here: then its layers are not told.
    private static Dictionary<string, IReadOnlyList<ReportLayer>> ReadLayers(Receipt receipt, string image)
    {
        var layers = new Dictionary<string, IReadOnlyList<ReportLayer>>(StringComparer.Ordinal);
        if (!File.Exists(Path.Combine(image, "index.json")))
        {
            return layers;
        }

        OciLayout layout = OciLayout.Open(image);
        foreach (ReceiptPlatform platform in receipt.Platforms.Where(platform => layout.Contains(platform.Manifest)))
        {
            ImageManifest manifest = layout.ReadManifest(platform.Manifest);
            string[] made = !layout.Contains(manifest.Config) ? []
                : [.. ImageConfig.Parse(layout.ReadBlob(manifest.Config), manifest.Config.Digest.Value).History.Where(static entry => !entry.EmptyLayer).Select(static entry => entry.CreatedBy ?? "")];
            layers[platform.Platform] = [.. manifest.Layers.Select((layer, i) => new ReportLayer(layer.Digest.Value, layer.Size, made.Length == manifest.Layers.Count ? made[i] : ""))];
        }

        return layers;
    }

    private static ReportPackage[] ReadPackages(Receipt receipt, string outputPath)
    {
        var packages = new Dictionary<string, ReportPackage>(StringComparer.Ordinal);
        foreach (ReceiptPlatform platform in receipt.Platforms)
        {
            if (platform.Sbom is { } sbom && File.Exists(Path.Combine(outputPath, sbom.Path)))
            {
                foreach ((_, SpdxPackage package) in SpdxReader.ReadPackages(File.ReadAllBytes(Path.Combine(outputPath, sbom.Path))))
                {
                    if (package.Purl is { } purl && purl.IndexOf('/', StringComparison.Ordinal) is > 4 and var slash && !purl.StartsWith("pkg:oci/", StringComparison.Ordinal))
                    {
                        string key = purl.Split('?')[0];
                        ReportPackage known = packages.GetValueOrDefault(key) ?? new ReportPackage(purl[4..slash], package.Name, package.Version ?? "", []);
                        packages[key] = known with { Platforms = [.. known.Platforms, platform.Platform] };
                    }
                }
            }
        }

        return [.. packages.Values.OrderBy(static package => package.Type, StringComparer.Ordinal).ThenBy(static package => package.Name, StringComparer.Ordinal).ThenBy(static package => package.Version, StringComparer.Ordinal)];
    }

    // As SarifFile writes it; what was found in another image is not about this one.
    private static ReportFinding[]? ReadFindings(Receipt receipt, string file)
    {
        if (Json(file) is not { } sarif || Member(sarif, "runs") is not { ValueKind: JsonValueKind.Array } runs || runs.GetArrayLength() == 0
            || Text(Member(runs[0], "properties"), "image")?.EndsWith("@" + receipt.Image.Digest, StringComparison.Ordinal) != true
            || Member(runs[0], "results") is not { ValueKind: JsonValueKind.Array } results)
        {
            return null;
        }

        return
        [
            .. results.EnumerateArray().Select(static result =>
            {
                JsonElement? place = Member(result, "locations") is { ValueKind: JsonValueKind.Array } locations && locations.GetArrayLength() > 0 ? Member(locations[0], "physicalLocation") : null;
                string path = Uri.UnescapeDataString(Text(Member(place, "artifactLocation"), "uri") ?? "");
                return new ReportFinding(
                    Text(result, "ruleId") ?? "",
                    Text(Member(result, "properties"), "severity") ?? "",
                    Text(result, "level") == "error",
                    Member(result, "suppressions") is not null,
                    Text(Member(result, "message"), "text") ?? "",
                    Number(Member(place, "region"), "startLine") is { } line ? $"{path}:{line}" : path);
            }).OrderBy(static finding => finding.IsWaived).ThenByDescending(static finding => finding.IsError).ThenBy(static finding => finding.Rule, StringComparer.Ordinal),
        ];
    }

    private static JsonElement? Json(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Cut off by a full disk: the page says less.
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? owner, string name) =>
        owner is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out JsonElement value) ? value : null;

    private static string? Text(JsonElement? owner, string name) => Member(owner, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static double? Number(JsonElement? owner, string name) => Member(owner, name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
}

/// <summary>A layer.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Bytes as stored.</param>
/// <param name="MadeBy">The instruction that made it; empty where nobody tells.</param>
internal sealed record ReportLayer(string Digest, long Size, string MadeBy);

/// <summary>A package.</summary>
/// <param name="Type">Its kind, as package URLs have it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version; empty for none.</param>
/// <param name="Platforms">Where it is.</param>
internal sealed record ReportPackage(string Type, string Name, string Version, IReadOnlyList<string> Platforms);

/// <summary>What a gate found.</summary>
/// <param name="Rule">Gate and id.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="IsError">Whether the image does not pass for it.</param>
/// <param name="IsWaived">Whether it may stay for a while.</param>
/// <param name="Message">What it is.</param>
/// <param name="Place">File and line; empty for none.</param>
internal sealed record ReportFinding(string Rule, string Severity, bool IsError, bool IsWaived, string Message, string Place);

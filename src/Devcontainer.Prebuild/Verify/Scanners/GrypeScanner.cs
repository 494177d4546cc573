using System.Text.Json;

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>Grype (github.com/anchore/grype): the document of <c>grype -o json</c>, which says how old its database is.</summary>
internal sealed class GrypeScanner : IScanner
{
    /// <inheritdoc />
    public string Name => "grype";

    /// <inheritdoc />
    public string Program => "grype";

    /// <inheritdoc />
    public string Home => "https://github.com/anchore/grype";

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<string, string>> PlainHttp => [new("GRYPE_REGISTRY_INSECURE_USE_HTTP", "true")];

    /// <inheritdoc />
    public IReadOnlyList<string> Arguments(string image, string platform, string answer) =>
        ["--quiet", "--output", "json", "--platform", platform, "registry:" + image];

    /// <inheritdoc />
    public bool HasScanned(int exitCode) => exitCode == 0;

    /// <inheritdoc />
    public ScannerAnswer Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;

        // Newer versions have what is known of the database one deeper.
        JsonElement database = root.GetProperty("descriptor").GetProperty("db");
        JsonElement status = database.TryGetProperty("status", out JsonElement newer) ? newer : database;
        return new ScannerAnswer(
            [.. ScannerJson.RequiredList(root, "matches").Select(Vulnerability)],
            ScannerJson.Time(status, "built") ?? throw new FormatException("it does not say how old its database is"));
    }

    private static ScannedVulnerability Vulnerability(JsonElement match)
    {
        JsonElement found = match.GetProperty("vulnerability");
        JsonElement artifact = match.GetProperty("artifact");
        JsonElement place = ScannerJson.List(artifact, "locations").FirstOrDefault();
        return new ScannedVulnerability(
            ScannerJson.Required(found, "id"),
            ScannerJson.Severity(ScannerJson.Text(found, "severity")),
            ScannerJson.Required(artifact, "name"),
            ScannerJson.Text(artifact, "version") ?? string.Empty)
        {
            FixedIn = found.TryGetProperty("fix", out JsonElement fix) && ScannerJson.List(fix, "versions").Select(static version => version.GetString()).ToArray() is { Length: > 0 } versions
                ? string.Join(", ", versions)
                : null,
            Address = ScannerJson.Text(found, "dataSource"),
            Path = ScannerJson.Text(place, "path")?.TrimStart('/'),
            DiffId = ScannerJson.Text(place, "layerID"),
        };
    }
}

using System.Text.Json;

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>Trivy (trivy.dev): the report of <c>trivy image --format json</c>, schema 2, and what <c>trivy version</c> says of its database.</summary>
internal sealed class TrivyScanner : IScanner
{
    private const int Schema = 2;

    /// <inheritdoc />
    public string Name => "trivy";

    /// <inheritdoc />
    public string Program => "trivy";

    /// <inheritdoc />
    public string Home => "https://trivy.dev";

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<string, string>> PlainHttp => [new("TRIVY_NON_SSL", "true"), new("TRIVY_INSECURE", "true")];

    /// <inheritdoc />
    public IReadOnlyList<string> DataArguments => ["version", "--format", "json"];

    /// <inheritdoc />
    public IReadOnlyList<string> Arguments(string image, string platform, string answer) =>
        ["image", "--quiet", "--format", "json", "--scanners", "vuln", "--image-src", "remote", "--platform", platform, image];

    /// <inheritdoc />
    public bool HasScanned(int exitCode) => exitCode == 0;

    /// <inheritdoc />
    public ScannerAnswer Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (root.GetProperty("SchemaVersion").GetInt32() != Schema)
        {
            throw new FormatException($"its schema is not {Schema}");
        }

        // Without results it has recognised neither a system nor a package, and knows nothing of the image.
        JsonElement[] results = [.. ScannerJson.RequiredList(root, "Results")];
        if (results.Length == 0)
        {
            throw new FormatException("it has recognised nothing in the image");
        }

        return new ScannerAnswer([.. results.SelectMany(static result => ScannerJson.List(result, "Vulnerabilities").Select(found => new ScannedVulnerability(
            ScannerJson.Required(found, "VulnerabilityID"),
            ScannerJson.Severity(ScannerJson.Text(found, "Severity")),
            ScannerJson.Required(found, "PkgName"),
            ScannerJson.Text(found, "InstalledVersion") ?? string.Empty)
        {
            FixedIn = ScannerJson.Text(found, "FixedVersion"),
            Address = ScannerJson.Text(found, "PrimaryURL"),
            Path = ScannerJson.Text(found, "PkgPath"),
            DiffId = found.TryGetProperty("Layer", out JsonElement layer) ? ScannerJson.Text(layer, "DiffID") : null,
        }))]);
    }

    /// <inheritdoc />
    public DateTimeOffset? ReadData(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return ScannerJson.Time(document.RootElement.GetProperty("VulnerabilityDB"), "UpdatedAt") ?? throw new FormatException("'UpdatedAt' is missing");
    }
}

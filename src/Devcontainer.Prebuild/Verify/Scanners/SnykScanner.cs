using System.Text.Json;

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>Snyk (docs.snyk.io): the answer of <c>snyk container test --json</c>. Who it asks is who <c>SNYK_TOKEN</c> belongs to.</summary>
internal sealed class SnykScanner : IScanner
{
    /// <inheritdoc />
    public string Name => "snyk";

    /// <inheritdoc />
    public string Program => "snyk";

    /// <inheritdoc />
    public string Home => "https://docs.snyk.io/snyk-cli";

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<string, string>> PlainHttp => [];

    /// <inheritdoc />
    public IReadOnlyList<string> Arguments(string image, string platform, string answer) => ["container", "test", "--json", "--platform=" + platform, image];

    /// <inheritdoc />
    /// <remarks>1: it has found some; 2 and 3: it could not look.</remarks>
    public bool HasScanned(int exitCode) => exitCode is 0 or 1;

    /// <inheritdoc />
    public ScannerAnswer Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (ScannerJson.Text(root, "error") is { } error)
        {
            throw new FormatException(error.TrimEnd('.'));
        }

        // A package is there once for each way that leads to it.
        return new ScannerAnswer(
        [
            .. ScannerJson.RequiredList(root, "vulnerabilities")
                .Concat(ScannerJson.List(root, "applications").SelectMany(static application => ScannerJson.RequiredList(application, "vulnerabilities")))
                .Select(Vulnerability).Distinct(),
        ]);
    }

    private static ScannedVulnerability Vulnerability(JsonElement found)
    {
        string id = ScannerJson.Required(found, "id");
        return new ScannedVulnerability(
            id,
            ScannerJson.Severity(ScannerJson.Text(found, "severity")),
            ScannerJson.Text(found, "packageName") ?? ScannerJson.Required(found, "name"),
            ScannerJson.Text(found, "version") ?? string.Empty)
        {
            FixedIn = ScannerJson.Text(found, "nearestFixedInVersion"),
            Address = "https://security.snyk.io/vuln/" + id,
        };
    }
}

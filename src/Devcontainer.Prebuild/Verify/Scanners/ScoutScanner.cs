using System.Globalization;
using System.Text.Json;

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>Docker Scout (docs.docker.com/scout), a plugin of docker: the file of <c>docker scout cves --format sarif</c>.</summary>
internal sealed class ScoutScanner : IScanner
{
    /// <inheritdoc />
    public string Name => "scout";

    /// <inheritdoc />
    public string Program => "docker";

    /// <inheritdoc />
    public string Home => "https://docs.docker.com/scout/install";

    /// <inheritdoc />
    public IReadOnlyList<KeyValuePair<string, string>> PlainHttp => [];

    /// <inheritdoc />
    public IReadOnlyList<string> Arguments(string image, string platform, string answer) =>
        ["scout", "cves", "--format", "sarif", "--output", answer, "--platform", platform, "registry://" + image];

    /// <inheritdoc />
    public bool HasScanned(int exitCode) => exitCode == 0;

    /// <inheritdoc />
    public ScannerAnswer Read(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement run = ScannerJson.RequiredList(document.RootElement, "runs").First();
        JsonElement driver = run.GetProperty("tool").GetProperty("driver");
        ScannerJson.Required(driver, "name");
        var rules = ScannerJson.List(driver, "rules").ToDictionary(static rule => ScannerJson.Required(rule, "id"), StringComparer.Ordinal);
        return new ScannerAnswer([.. ScannerJson.RequiredList(run, "results").SelectMany(result => Vulnerabilities(rules[ScannerJson.Required(result, "ruleId")])).Distinct()]);
    }

    // A rule is a vulnerability, with the packages that have it.
    private static IEnumerable<ScannedVulnerability> Vulnerabilities(JsonElement rule)
    {
        JsonElement properties = rule.GetProperty("properties");
        string id = ScannerJson.Required(rule, "id");
        FindingSeverity severity = ScannerJson.Text(properties, "cvssV3_severity") is { } word and not "UNSPECIFIED"
            ? ScannerJson.Severity(word)
            : OfScore(ScannerJson.Text(properties, "security-severity"));
        string[] purls = [.. ScannerJson.List(properties, "purls").Select(static purl => purl.GetString()).OfType<string>()];
        return (purls.Length > 0 ? purls : [string.Empty]).Select(purl => new ScannedVulnerability(id, severity, NameOf(purl), VersionOf(purl))
        {
            FixedIn = ScannerJson.Text(properties, "fixed_version") is { } version and not "not fixed" ? version : null,
            Address = ScannerJson.Text(rule, "helpUri"),
        });
    }

    // On the scale of CVSS 3.
    private static FindingSeverity OfScore(string? score) => double.TryParse(score, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
        ? number >= 9 ? FindingSeverity.Critical : number >= 7 ? FindingSeverity.High : number >= 4 ? FindingSeverity.Medium : FindingSeverity.Low
        : FindingSeverity.Medium;

    private static string NameOf(string purl)
    {
        string path = purl.Split('?', '#')[0];
        int version = path.LastIndexOf('@');
        path = version > 0 ? path[..version] : path;
        return Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]) is { Length: > 0 } name ? name : "a package";
    }

    private static string VersionOf(string purl)
    {
        string path = purl.Split('?', '#')[0];
        return path.LastIndexOf('@') is > 0 and int version ? Uri.UnescapeDataString(path[(version + 1)..]) : string.Empty;
    }
}

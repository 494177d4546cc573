using System.Text.RegularExpressions;

namespace Devcontainer.Prebuild.Verify.Secrets;

/// <summary>The kinds of secrets that are known by their own form, as their issuers document it.</summary>
internal static partial class SecretRules
{
    /// <summary>The most characters that a pattern looks at behind its anchor.</summary>
    internal const int Reach = 700;

    // A name that says what its value is, up to the value.
    private const string SecretName = "(?:passwd|password|secret|token|api_?key|access_?key|private_?key|credential)";

    /// <summary>All of them. The first that hits at a place counts.</summary>
    internal static IReadOnlyList<SecretRule> All { get; } =
    [
        new("private-key-encrypted", FindingSeverity.Medium, "-----BEGIN ENCRYPTED ", PrivateKey()),
        new("private-key", FindingSeverity.Critical, "PRIVATE KEY", PrivateKey(), Before: 40),
        new("aws-access-key-id", FindingSeverity.Critical, "AKIA", AwsKeyId()),
        new("aws-access-key-id", FindingSeverity.High, "ASIA", AwsKeyId()),
        new("github-token", FindingSeverity.Critical, "ghp_", GitHubToken()),
        new("github-token", FindingSeverity.Critical, "gho_", GitHubToken()),
        new("github-token", FindingSeverity.Critical, "ghu_", GitHubToken()),
        new("github-token", FindingSeverity.Critical, "ghs_", GitHubToken()),
        new("github-token", FindingSeverity.Critical, "ghr_", GitHubToken()),
        new("github-token", FindingSeverity.Critical, "github_pat_", GitHubFineToken()),
        new("gitlab-token", FindingSeverity.Critical, "glpat-", GitLabToken()),
        new("slack-token", FindingSeverity.Critical, "xox", SlackToken()),
        new("slack-webhook", FindingSeverity.High, "hooks.slack.com/services/", SlackWebhook()),
        new("npm-token", FindingSeverity.Critical, "npm_", NpmToken()),
        new("npm-auth", FindingSeverity.Critical, "_authToken", NpmAuth()),
        new("nuget-key", FindingSeverity.Critical, "oy2", NuGetKey()),
        new("nuget-password", FindingSeverity.Critical, "ClearTextPassword", NuGetPassword()),
        new("pypi-token", FindingSeverity.Critical, "pypi-AgEIcHlwaS5vcmc", PyPIToken()),
        new("google-key", FindingSeverity.High, "AIza", GoogleKey()),
        new("azure-storage-key", FindingSeverity.Critical, "AccountKey=", AzureStorageKey()),
        new("docker-token", FindingSeverity.Critical, "dckr_pat_", DockerToken()),
        new("stripe-key", FindingSeverity.Critical, "k_live_", StripeKey(), Before: 1),
        new("registry-login", FindingSeverity.Critical, "\"auth\"", RegistryLogin()),
    ];

    /// <summary>A value that a name such as <c>password</c> is given, in what people write: files of settings, scripts, commands.</summary>
    [GeneratedRegex(
        "(?<![A-Za-z0-9])[A-Za-z0-9_.-]{0,40}" + SecretName + "[A-Za-z0-9_.-]{0,20}[\"']?\\s{0,3}[:=]\\s{0,3}[\"']?(?<secret>[A-Za-z0-9+/_=.~-]{20,200})(?![A-Za-z0-9+/_=.~(-])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    internal static partial Regex Assigned();

    /// <summary>A user's password in an address.</summary>
    [GeneratedRegex("[a-z][a-z0-9+.-]{1,20}://[^\\s/:@\"'<>$]{1,64}:(?<secret>[^\\s/:@\"'<>$]{4,200})@[A-Za-z0-9]", RegexOptions.CultureInvariant)]
    internal static partial Regex Address();

    /// <summary>A password of a <c>.netrc</c>.</summary>
    [GeneratedRegex("\\bpassword\\s+(?<secret>\\S{4,200})", RegexOptions.CultureInvariant)]
    internal static partial Regex Netrc();

    /// <summary>The name of a variable or label whose value is a secret.</summary>
    [GeneratedRegex("(?:^|[^a-z])" + SecretName + "$|" + SecretName + "$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    internal static partial Regex NameOfSecret();

    [GeneratedRegex("-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\\s\\\\nr]|[A-Za-z-]{3,20}: [^\\n]{1,80}){1,40}(?<secret>[A-Za-z0-9+/=\\s\\\\]{60,})")]
    private static partial Regex PrivateKey();

    [GeneratedRegex("\\b(?:AKIA|ASIA)[A-Z2-7]{16}\\b")]
    private static partial Regex AwsKeyId();

    [GeneratedRegex("\\bgh[pousr]_[A-Za-z0-9]{36,255}\\b")]
    private static partial Regex GitHubToken();

    [GeneratedRegex("\\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\\b")]
    private static partial Regex GitHubFineToken();

    [GeneratedRegex("\\bglpat-[A-Za-z0-9_-]{20,100}")]
    private static partial Regex GitLabToken();

    [GeneratedRegex("\\bxox[abeoprs]-[A-Za-z0-9-]{20,250}")]
    private static partial Regex SlackToken();

    [GeneratedRegex("hooks\\.slack\\.com/services/(?<secret>T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,})")]
    private static partial Regex SlackWebhook();

    [GeneratedRegex("\\bnpm_[A-Za-z0-9]{36}\\b")]
    private static partial Regex NpmToken();

    [GeneratedRegex("_authToken\\s*=\\s*[\"']?(?<secret>[A-Za-z0-9+/_=.~-]{16,300})")]
    private static partial Regex NpmAuth();

    [GeneratedRegex("\\boy2[a-z0-9]{43}\\b")]
    private static partial Regex NuGetKey();

    [GeneratedRegex("ClearTextPassword[\"']?\\s+value\\s*=\\s*[\"'](?<secret>[^\"'%]{4,300})[\"']")]
    private static partial Regex NuGetPassword();

    [GeneratedRegex("\\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,300}")]
    private static partial Regex PyPIToken();

    [GeneratedRegex("\\bAIza[A-Za-z0-9_-]{35}\\b")]
    private static partial Regex GoogleKey();

    [GeneratedRegex("AccountKey=(?<secret>[A-Za-z0-9+/]{86}==)")]
    private static partial Regex AzureStorageKey();

    [GeneratedRegex("\\bdckr_pat_[A-Za-z0-9_-]{20,100}")]
    private static partial Regex DockerToken();

    [GeneratedRegex("\\b[rs]k_live_[A-Za-z0-9]{20,250}")]
    private static partial Regex StripeKey();

    [GeneratedRegex("\"auth\"\\s*:\\s*\"(?<secret>[A-Za-z0-9+/]{8,}={0,2})\"")]
    private static partial Regex RegistryLogin();
}

using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Secrets;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>What is a secret, and what only looks a little like one. The texts are put together here, so that nobody takes this file for one that leaks.</summary>
[TestClass]
public sealed class SecretScannerTests
{
    internal const string Random36 = "k7Qz2mWx9LpR4tVb8NcY3hJf6GdS1aEu5oIq";
    internal static readonly string GitHubToken = "gh" + "p_" + Random36;
    private static readonly string Key = string.Concat(Enumerable.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + Random36 + "\n", 6));

    private static IEnumerable<object[]> Secrets =>
    [
        ["github-token", GitHubToken],
        ["github-token", "github_" + "pat_" + Random36[..22] + "_" + Random36 + Random36[..23]],
        ["gitlab-token", "gl" + "pat-" + Random36[..20]],
        ["aws-access-key-id", "AK" + "IAQ5ZT7KXWJ3M2NPLR"],
        ["slack-token", "xo" + "xb-8274619305-" + Random36[..24]],
        ["slack-webhook", "https://hooks.slack.com/" + "services/T0AB12CD3/B0EF45GH6/" + Random36[..24]],
        ["npm-token", "np" + "m_" + Random36],
        ["npm-auth", "//registry.npmjs.org/:_auth" + "Token=" + Random36],
        ["nuget-key", "oy" + "2" + Random36.ToLowerInvariant() + "k7qz2mw"],
        ["nuget-password", "<add key=\"ClearText" + "Password\" value=\"hunter2!\" />"],
        ["google-key", "AI" + "za" + Random36[..35]],
        ["azure-storage-key", "DefaultEndpointsProtocol=https;Account" + "Key=" + Random36 + Random36 + Random36[..14] + "=="],
        ["docker-token", "dckr_" + "pat_" + Random36[..27]],
        ["stripe-key", "sk_" + "live_" + Random36[..24]],
        ["registry-login", "{ \"auths\": { \"ghcr.io\": { \"auth\": \"" + Convert.ToBase64String("me:hunter2"u8) + "\" } } }"],
        ["private-key", "-----BEGIN RSA PRIVATE " + "KEY-----\n" + Key],
        ["private-key", "key = \"-----BEGIN PRIVATE " + "KEY-----\\n" + Key.Replace("\n", "\\n", StringComparison.Ordinal)],
        ["private-key-encrypted", "-----BEGIN ENCRYPTED PRIVATE " + "KEY-----\n" + Key],
    ];

    [TestMethod]
    [DynamicData(nameof(Secrets))]
    public void A_secret_is_known_by_its_form(string rule, string text)
    {
        FoundSecret found = SecretScanner.Find("some text\nbefore it " + text + " and after it").Single();
        Assert.AreEqual(rule, found.Rule);
        Assert.AreEqual(rule, SecretScanner.Find(text).Single().Rule);
    }

    [TestMethod]
    [DataRow("ghp_ is how tokens begin")]
    [DataRow("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [DataRow("AKIAIOSFODNN7EXAMPLE")]
    [DataRow("const string Begin = \"-----BEGIN PRIVATE KEY-----\"; const string End = \"-----END PRIVATE KEY-----\";")]
    [DataRow("-----BEGIN PUBLIC KEY-----")]
    [DataRow("//registry.npmjs.org/:_authToken=${NPM_TOKEN}")]
    [DataRow("<add key=\"ClearTextPassword\" value=\"%TOKEN%\" />")]
    [DataRow("{ \"auth\": \"required\" }")]
    public void What_is_none_is_not_found(string text) => Assert.IsEmpty(SecretScanner.Find(text));

    [TestMethod]
    [DataRow("DB_PASSWORD=" + Random36, "secret-value")]
    [DataRow("{ \"apiKey\": \"" + Random36 + "\" }", "secret-value")]
    [DataRow("client_secret: '" + Random36 + "'", "secret-value")]
    [DataRow("git clone https://me:hunter2!@github.com/team/dev.git", "address-password")]
    public void In_settings_a_name_or_a_place_gives_it_away(string text, string rule)
    {
        Assert.AreEqual(rule, SecretScanner.FindInSettings(text, FindingSeverity.High).Single().Rule);
        Assert.IsEmpty(SecretScanner.Find(text));
    }

    [TestMethod]
    [DataRow("PASSWORD=hunter2")]
    [DataRow("token = getTokenFromTheKeychainOfTheUser()")]
    [DataRow("password=your_password_goes_here_please1")]
    [DataRow("SECRET_NAME=the-name-of-a-secret-in-the-vault")]
    [DataRow("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [DataRow("https://user:${PASSWORD}@example.com")]
    [DataRow("https://github.com/team/dev.git")]
    public void In_settings_words_are_no_secrets(string text) => Assert.IsEmpty(SecretScanner.FindInSettings(text, FindingSeverity.High));

    [TestMethod]
    public void Hardly_anything_of_a_secret_is_shown()
    {
        Assert.AreEqual("ghp_****, 40 characters", SecretText.Mask(GitHubToken));
        Assert.AreEqual("****, 7 characters", SecretText.Mask("hunter2"));
        Assert.AreEqual("****, 24 characters", SecretText.Mask("\n##vso[task.complete]abc"));
        string redacted = SecretScanner.Redact($"RUN TOKEN={Random36} curl https://me:hunter2!@example.org -H {GitHubToken}");
        Assert.AreEqual("RUN TOKEN=**** curl https://me:****@example.org -H ****", redacted);
    }
}

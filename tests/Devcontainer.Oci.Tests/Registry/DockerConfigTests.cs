using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class DockerConfigTests
{
    private static readonly string MePass = Convert.ToBase64String("me:pass:word"u8);

    [TestMethod]
    [DataRow("ghcr.io", "ghcr.io")]
    [DataRow("ghcr.io", "https://ghcr.io")]
    [DataRow("ghcr.io", "https://ghcr.io/v1/")]
    [DataRow("ghcr.io", "http://GHCR.io/v2/")]
    [DataRow("localhost:5000", "localhost:5000")]
    [DataRow("docker.io", "https://index.docker.io/v1/")]
    [DataRow("docker.io", "index.docker.io")]
    [DataRow("docker.io", "docker.io")]
    public async Task An_entry_is_found_under_every_key_that_docker_writes(string registry, string key)
    {
        Credential? credential = await FindAsync($$$$"""{"auths":{"{{{{key}}}}":{"auth":"{{{{MePass}}}}"}}}""", registry);
        Assert.AreEqual(("me", "pass:word"), (credential!.UserName, credential.Password));
    }

    [TestMethod]
    [DataRow("ghcr.io", "ghcr.io.evil.example")]
    [DataRow("ghcr.io", "https://ghcr.io/other")]
    [DataRow("ghcr.io", "evil.example/ghcr.io")]
    [DataRow("ghcr.io", "ghcr.io:443")]
    [DataRow("docker.io", "https://index.docker.io/v1/refresh-token")]
    [DataRow("mcr.microsoft.com", "docker.io")]
    [DataRow("mcr.microsoft.com", "\\ud800")]
    public async Task An_entry_of_another_registry_is_not_taken(string registry, string key) =>
        Assert.IsNull(await FindAsync($$$$"""{"auths":{"{{{{key}}}}":{"auth":"{{{{MePass}}}}"}}}""", registry));

    [TestMethod]
    [DataRow("""{"identitytoken":"t"}""", "identity token")]
    [DataRow("""{"auth":"AUTH","identitytoken":"t"}""", "identity token")]
    [DataRow("""{"registrytoken":"t"}""", "registry token")]
    [DataRow("""{"username":"me","password":"p"}""", "user name and password")]
    [DataRow("{}", null)]
    [DataRow("null", null)]
    [DataRow("""{"auth":""}""", null)]
    [DataRow("""{"auth":5}""", null)]
    public async Task Every_kind_of_entry_is_read(string entry, string? kind) =>
        Assert.AreEqual(kind, (await FindAsync($$$$"""{"auths":{"ghcr.io":{{{{entry.Replace("AUTH", MePass, StringComparison.Ordinal)}}}}}}""", "ghcr.io"))?.ToString());

    [TestMethod]
    public async Task No_file_is_no_credential()
    {
        using var folder = new TemporaryFolder();
        Assert.IsNull(await new DockerConfig(folder["missing"], new Helper()).FindAsync("ghcr.io", CancellationToken.None));
        Assert.IsNull(await FindAsync("{}", "ghcr.io"));
        Assert.IsNull(await FindAsync("""{"auths":null,"credHelpers":null,"credsStore":""}""", "ghcr.io"));
    }

    [TestMethod]
    [DataRow("""{"credsStore":"desktop"}""", "ghcr.io", "docker-credential-desktop < ghcr.io")]
    [DataRow("""{"credsStore":"desktop"}""", "docker.io", "docker-credential-desktop < https://index.docker.io/v1/")]
    [DataRow("""{"credsStore":"desktop","credHelpers":{"ghcr.io":"gh"}}""", "ghcr.io", "docker-credential-gh < ghcr.io")]
    [DataRow("""{"credsStore":"desktop","credHelpers":{"ghcr.io":"gh"}}""", "localhost:5000", "docker-credential-desktop < localhost:5000")]
    [DataRow("""{"credHelpers":{"ghcr.io":"gh"}}""", "quay.io", null)]
    public async Task The_helper_for_the_registry_comes_before_the_common_store(string config, string registry, string? call)
    {
        var helper = new Helper(answer: """{"ServerURL":"x","Username":"me","Secret":"s"}""");
        Credential? credential = await FindAsync(config, registry, helper);
        Assert.AreEqual(call, helper.Calls.SingleOrDefault());
        Assert.AreEqual(call is null ? null : "me", credential?.UserName);
    }

    [TestMethod]
    public async Task A_helpers_token_is_an_identity_token() =>
        Assert.AreEqual("t", (await FindAsync("""{"credsStore":"x"}""", "ghcr.io", new Helper(answer: """{"Username":"<token>","Secret":"t"}""")))!.IdentityToken);

    [TestMethod]
    public async Task A_helper_that_knows_nothing_leaves_the_file()
    {
        var helper = new Helper(1, "credentials not found in native keychain\n");
        Assert.AreEqual("me", (await FindAsync($$$$"""{"credsStore":"x","auths":{"ghcr.io":{"auth":"{{{{MePass}}}}"}}}""", "ghcr.io", helper))!.UserName);
        Assert.IsNull(await FindAsync("""{"credsStore":"x"}""", "ghcr.io", helper));
    }

    [TestMethod]
    [DataRow(127, "")]
    [DataRow(1, "locked, by the way the secret is s3cret")]
    [DataRow(0, "s3cret")]
    [DataRow(0, """{"Username":"me","s3cret":1}""")]
    [DataRow(0, """["s3cret"]""")]
    public async Task A_helper_that_fails_is_an_error_that_tells_no_secret(int exitCode, string output)
    {
        string message = await Errors.ExpectAsync(
            Codes.CredentialHelperFailed, () => FindAsync("""{"credsStore":"x"}""", "ghcr.io", new Helper(exitCode, output)));
        Assert.DoesNotContain("s3cret", message);
        Assert.Contains("docker-credential-x", message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("[]")]
    [DataRow("{\"auths\":s3cret}")]
    [DataRow("""{"auths":["s3cret"]}""")]
    [DataRow("""{"auths":{"ghcr.io":{"auth":"s3cret*"}}}""")]
    [DataRow("""{"auths":{"ghcr.io":{"auth":"bm9jb2xvbg=="}}}""")]
    [DataRow("""{"credsStore":"../../evil"}""")]
    [DataRow("""{"credsStore":"a b"}""")]
    [DataRow("""{"credHelpers":{"ghcr.io":"/bin/sh"}}""")]
    public async Task A_broken_file_is_an_error_that_quotes_none_of_it(string config) =>
        Assert.DoesNotContain("s3cret", await Errors.ExpectAsync(Codes.DockerConfigInvalid, () => FindAsync(config, "ghcr.io")));

    [TestMethod]
    [DataRow("/x", "/home/me", "/x")]
    [DataRow("", "/home/me", "/home/me/.docker")]
    [DataRow(null, "/home/me", "/home/me/.docker")]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void The_folder_is_DOCKER_CONFIG_or_in_the_home(string? dockerConfig, string home, string expected) =>
        Assert.AreEqual(expected, DockerConfig.Folder(name => name switch { "DOCKER_CONFIG" => dockerConfig, "HOME" => home, _ => null }));

    private static async Task<Credential?> FindAsync(string config, string registry, Helper? helper = null)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], config, new UTF8Encoding(false));
        return await new DockerConfig(folder.Path, helper ?? new Helper()).FindAsync(registry, CancellationToken.None);
    }

    private sealed class Helper(int exitCode = 0, string answer = "{}") : ICredentialHelper
    {
        internal List<string> Calls { get; } = [];

        public Task<(int ExitCode, string Output)> GetAsync(string program, string server, CancellationToken cancellationToken)
        {
            Calls.Add($"{program} < {server}");
            return Task.FromResult((exitCode, answer));
        }
    }
}

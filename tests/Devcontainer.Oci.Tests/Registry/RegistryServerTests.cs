using System.Security.Cryptography;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

/// <summary>Signing in to real registries, and their certificates.</summary>
[TestClass]
public sealed class RegistryServerTests
{
    private static readonly Credential Right = Credential.FromPassword(RegistryServer.User, RegistryServer.Password);
    private static readonly Credential Wrong = Credential.FromPassword(RegistryServer.User, "wrong");

    [TestMethod]
    public async Task A_registry_with_basic_sign_in_takes_the_right_password_only()
    {
        await using RegistryServer server = await RegistryServer.StartAsync(RegistryServer.Htpasswd);
        await RoundTripAsync(server.Reference("team/app"), Client(server.Host, Right));
        await RefusedAsync(server.Reference("team/app"), Client(server.Host, Wrong));
        await RefusedAsync(server.Reference("team/app"), new RegistryClient());
    }

    [TestMethod]
    public async Task A_registry_with_a_token_server_is_signed_in_to_where_that_is_trusted()
    {
        await using TokenServer tokens = await TokenServer.StartAsync();
        await using RegistryServer server = await RegistryServer.StartAsync(tokens.Configuration);
        var trusted = new Dictionary<string, string> { [server.Host] = tokens.Host };
        await RoundTripAsync(server.Reference("team/app"), Client(server.Host, Right, o => o with { TrustedRealms = trusted }));
        CollectionAssert.AreEqual(new[] { "repository:team/app:pull,push", "repository:team/app:pull" }, tokens.Given.Distinct().ToArray());
        await RefusedAsync(server.Reference("team/app"), Client(server.Host, Wrong, o => o with { TrustedRealms = trusted }));
        await RefusedAsync(server.Reference("team/app"), new RegistryClient());
    }

    [TestMethod]
    public async Task A_token_server_that_nobody_trusts_gets_no_credentials()
    {
        await using TokenServer tokens = await TokenServer.StartAsync();
        await using RegistryServer server = await RegistryServer.StartAsync(tokens.Configuration);
        await RefusedAsync(server.Reference("team/app"), Client(server.Host, Right));
        Assert.IsEmpty(tokens.Given);
    }

    [TestMethod]
    public async Task A_private_authority_is_trusted_for_the_registry_that_it_is_given_for()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        await using RegistryServer server = await RegistryServer.StartAsync(RegistryServer.Htpasswd, authority.Issue());
        await using RegistryServer other = await RegistryServer.StartAsync(tls: authority.Issue());
        Trust(folder, server.Host, authority.Pem);
        await RoundTripAsync(server.Reference("app"), Client(server.Host, Right, o => o with { CertificateFolders = [folder["none"], folder.Path] }));

        // An authority of one registry is none for its neighbour.
        Directory.CreateDirectory(folder[other.Host]);
        string message = await Errors.ExpectAsync(
            Codes.RegistryUntrusted, () => Client(other.Host, Right, o => o with { CertificateFolders = [folder.Path] }).ResolveAsync(other.Reference("app:1")));
        Assert.Contains("nobody that is trusted has signed it", message);
        Assert.Contains($"certs.d/{other.Host}/ca.crt", message);
    }

    [TestMethod]
    [DataRow("other name", "another name")]
    [DataRow("expired", "expired")]
    [DataRow("other authority", "nobody")]
    public async Task A_certificate_that_is_not_the_registrys_is_refused(string fault, string reason)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        await using RegistryServer server = await RegistryServer.StartAsync(
            tls: fault == "other authority" ? stranger.Issue() : authority.Issue(fault == "other name" ? "registry.example" : "localhost", fault == "expired"));
        Trust(folder, server.Host, authority.Pem);
        RegistryClient client = Client(server.Host, Right, o => o with { CertificateFolders = [folder.Path], RetryDelay = TimeSpan.FromMinutes(10) });
        Assert.Contains(reason, await Errors.ExpectAsync(Codes.RegistryUntrusted, () => client.ResolveAsync(server.Reference("app:1"))));
    }

    [TestMethod]
    public async Task An_authority_that_cannot_be_read_is_named()
    {
        using var folder = new TemporaryFolder();
        Trust(folder, "127.0.0.1:1", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        RegistryClient client = Client("127.0.0.1:1", Right, o => o with { CertificateFolders = [folder.Path] });
        string message = await Errors.ExpectAsync(
            Codes.RegistryCertificateInvalid, () => client.ResolveAsync(ImageReference.Parse("127.0.0.1:1/app")));
        Assert.Contains("ca.crt", message);
    }

    // .NET reads the variable once, so another process is needed: this test again.
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task An_authority_in_SSL_CERT_FILE_is_trusted()
    {
        if (ChildTest.Argument is { } host)
        {
            using var certificates = new TemporaryFolder();
            Directory.CreateDirectory(certificates[host]);
            using RegistryClient client = Client(host, Right, o => o with { CertificateFolders = [certificates.Path] });
            Assert.IsNull(await client.ResolveAsync(ImageReference.Parse($"{host}/app:1")));
            return;
        }

        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority();
        await using RegistryServer server = await RegistryServer.StartAsync(tls: authority.Issue());
        File.WriteAllText(folder["all.pem"], authority.Pem);
        await ChildTest.RunAsync(nameof(An_authority_in_SSL_CERT_FILE_is_trusted), server.Host, KeyValuePair.Create("SSL_CERT_FILE", folder["all.pem"]));
    }

    [TestMethod]
    public async Task A_registry_that_speaks_plain_HTTP_where_HTTPS_is_wanted_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        await using RegistryServer server = await RegistryServer.StartAsync();
        Directory.CreateDirectory(folder[server.Host]);
        using RegistryClient client = Client(server.Host, Right, o => o with { CertificateFolders = [folder.Path] });
        Assert.Contains("DevcontainerInsecureRegistries", await Errors.ExpectAsync(
            Codes.RegistryUnreachable, () => client.ResolveAsync(server.Reference("app:1"))));
    }

    [TestMethod]
    [DataRow(null, "/home/me/.docker/certs.d")]
    [DataRow("/x", "/x/certs.d")]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Authorities_are_where_docker_has_them(string? dockerConfig, string expected) =>
        CollectionAssert.AreEqual(
            new[] { expected, "/etc/docker/certs.d" },
            DockerConfig.CertificateFolders(name => name switch { "DOCKER_CONFIG" => dockerConfig, "HOME" => "/home/me", _ => null }).ToArray());

    [TestMethod]
    public async Task Tags_are_listed_and_manifests_deleted_where_the_registry_allows_it()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one");
        using var client = new RegistryClient();
        await using RegistryServer server = await RegistryServer.StartAsync();
        await using RegistryServer keeper = await RegistryServer.StartAsync(deletes: false);
        foreach (RegistryServer registry in new[] { server, keeper })
        {
            ImageReference app = registry.Reference("team/app");
            Assert.IsNull(await client.ListTagsAsync(app));
            await client.PushAsync(layout, image, app);
            foreach (string tag in new[] { "1", "2", "latest" })
            {
                await client.PutManifestAsync(app.WithTag(tag), layout.ReadBlob(image), image.MediaType);
            }

            CollectionAssert.AreEquivalent(new[] { "1", "2", "latest" }, (await client.ListTagsAsync(app))!.ToArray());
        }

        // This one deletes manifests, with their tags, and no tag alone.
        await Errors.ExpectAsync(Codes.RegistryKeeps, () => client.DeleteTagAsync(server.Reference("team/app:1")));
        Assert.IsTrue(await client.DeleteManifestAsync(server.Reference("team/app"), image.Digest));
        Assert.IsFalse(await client.DeleteManifestAsync(server.Reference("team/app"), image.Digest));
        Assert.IsNull(await client.ResolveAsync(server.Reference("team/app:1")));
        string message = await Errors.ExpectAsync(
            Codes.RegistryKeeps, () => client.DeleteManifestAsync(keeper.Reference("team/app"), image.Digest));
        Assert.Contains(image.Digest.Value, message);
        Assert.AreEqual(image, await client.ResolveAsync(keeper.Reference("team/app:1")));
    }

    // FAULTS 4
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task An_image_gets_over_a_line_that_keeps_breaking(bool inPieces)
    {
        using var folder = new TemporaryFolder();
        OciLayout from = OciLayout.Create(folder["from"]);
        Descriptor image = Samples.AddImage(from, "one", RandomNumberGenerator.GetBytes(8_000_000));
        await using RegistryServer server = await RegistryServer.StartAsync();
        using var client = new RegistryClient(new RegistryClientOptions
        {
            RetryDelay = TimeSpan.FromMilliseconds(1), ChunkSize = 1_500_000, LargestUpload = inPieces ? 1 : long.MaxValue,
        });
        await using (var up = new BreakingLine(server.Port, 3_000_000, 3))
        {
            await client.PushAsync(from, image, ImageReference.Parse($"{up.Host}/app"));
            Assert.AreEqual(0, up.Left);
        }

        await using (var down = new BreakingLine(server.Port, 3_000_000, 2))
        {
            OciLayout to = OciLayout.Create(folder["to"]);
            Assert.IsTrue(await client.PullAsync(ImageReference.Parse($"{down.Host}/app"), image, to));
            Assert.AreEqual(0, down.Left);
            foreach (Descriptor blob in from.Reachable(image))
            {
                CollectionAssert.AreEqual(from.ReadBlob(blob), to.ReadBlob(blob));
            }
        }
    }

    private static void Trust(TemporaryFolder folder, string host, string pem)
    {
        Directory.CreateDirectory(folder[host]);
        File.WriteAllText(Path.Combine(folder[host], "ca.crt"), pem);
    }

    private static RegistryClient Client(
        string host, Credential credential, Func<RegistryClientOptions, RegistryClientOptions>? change = null)
    {
        var options = new RegistryClientOptions { Credentials = new FixedCredentials((host, credential)) };
        return new RegistryClient(change is null ? options : change(options));
    }

    private static async Task RoundTripAsync(ImageReference app, RegistryClient client)
    {
        using var folder = new TemporaryFolder();
        OciLayout from = OciLayout.Create(folder["from"]);
        Descriptor image = Samples.AddImage(from, "one", RandomNumberGenerator.GetBytes(100_000));
        using (client)
        {
            await client.PushAsync(from, image, app);
            await client.PutManifestAsync(app.WithTag("1"), from.ReadBlob(image), image.MediaType);
            Assert.AreEqual(image, await client.ResolveAsync(app.WithTag("1")));
            OciLayout to = OciLayout.Create(folder["to"]);
            Assert.IsTrue(await client.PullAsync(app, image, to));
            Assert.IsTrue(to.Reachable(image).All(to.Contains));
        }
    }

    private static async Task RefusedAsync(ImageReference app, RegistryClient client)
    {
        using (client)
        {
            DevcontainerException e = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => client.ResolveAsync(app.WithTag("1")));
            Assert.IsTrue(e.Diagnostic.Code is Codes.RegistryUnauthorized or Codes.RealmForeign, e.Message);
            Assert.DoesNotContain(RegistryServer.Password, e.ToString());
        }
    }
}

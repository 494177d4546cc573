using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class RegistrySignInTests
{
    private const string Secret = "p4ssw0rd-canary";

    [TestMethod]
    public async Task Basic_credentials_are_sent_once_the_registry_asks()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Account = ("me", Secret);
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        CollectionAssert.AreEqual(new[] { false, true, true }, registry.Requests.Select(r => r.Authorization is not null).ToArray());
    }

    [TestMethod]
    public async Task A_registry_that_asks_nothing_is_told_nothing()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.AddManifest("app", "1");
        var credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", Secret)));
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Credentials = credentials });
        await client.ResolveAsync(registry.Reference("app:1"));
        Assert.IsEmpty(credentials.Asked);
        Assert.IsNull(registry.Requests.Single().Authorization);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_bearer_token_is_fetched_with_or_without_credentials_and_used_again(bool anonymous)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Account = anonymous ? null : ("me", Secret);
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, anonymous ? null : Credential.FromPassword("me", Secret));
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        }

        RecordedRequest token = registry.Requests.Single(r => r.Path == "/token");
        Assert.AreEqual("?service=faults&scope=repository%3Aapp%3Apull&scope=repository%3Amore%3Apull", token.Query);
        Assert.AreEqual(anonymous, token.Authorization is null);
        Assert.HasCount(5, registry.Requests);
    }

    [TestMethod]
    public async Task A_registry_that_is_prepared_has_its_token_before_it_is_asked()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Account = ("me", Secret);
        registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        await client.PrepareAsync(registry.Reference("app"));
        CollectionAssert.AreEqual(new[] { "GET /v2/", "GET /token", "GET /v2/" }, registry.Lines.ToArray());
        await client.ResolveAsync(registry.Reference("app:1"));
        Assert.HasCount(4, registry.Requests);
    }

    [TestMethod]
    [DataRow(401)]
    [DataRow(404)]
    [DataRow(500)]
    [DataRow(0)]
    public async Task A_registry_that_cannot_be_prepared_is_left_to_whoever_asks(int status)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (status == 0)
            {
                context.Abort();
            }
            else
            {
                await FaultRegistry.AnswerAsync(context, status);
            }

            return true;
        });
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        await client.PrepareAsync(registry.Reference("app"));
        Assert.HasCount(1, registry.Requests);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await client.PrepareAsync(registry.Reference("app"), cancelled.Token);
    }

    [TestMethod]
    public async Task Requests_side_by_side_share_one_token()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Account = ("me", Secret);
        registry.AddManifest("app", "1");
        var credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", Secret)));
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Credentials = credentials });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.ResolveAsync(registry.Reference("app:1"))));
        Assert.AreEqual(1, registry.Count("GET", "/token"));
        Assert.HasCount(1, credentials.Asked);
    }

    // FAULTS 15
    [TestMethod]
    public async Task A_token_that_expires_is_renewed_once()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, null);
        await client.ResolveAsync(registry.Reference("app:1"));
        registry.Tokens.Clear();
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(2, registry.Count("GET", "/token"));
    }

    [TestMethod]
    public async Task A_token_that_is_never_accepted_is_not_fetched_forever()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Fault = async (context, _) =>
        {
            if (context.Request.Path == "/token")
            {
                await FaultRegistry.AnswerAsync(context, 200, """{"access_token":"useless"}""");
                return true;
            }

            return false;
        };
        using RegistryClient client = Client(registry, null);
        await Errors.ExpectAsync(Codes.RegistryUnauthorized, () => client.ResolveAsync(registry.Reference("app:1")));
        Assert.HasCount(3, registry.Requests);
    }

    [TestMethod]
    public async Task An_identity_token_is_posted_to_the_realm()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Account = ("<token>", Secret);
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, Credential.FromIdentityToken(Secret));
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual("", registry.Requests.Single(r => r is { Method: "POST", Path: "/token" }).Query);
    }

    [TestMethod]
    public async Task A_registry_token_goes_to_the_registry_as_it_is()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Tokens[Secret] = "";
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, Credential.FromRegistryToken(Secret));
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(0, registry.Count("GET", "/token"));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Wrong_credentials_are_an_error_without_them_in_it(bool bearer)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = bearer ? registry.OwnRealm : null;
        registry.Account = ("me", "right");
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        DevcontainerException e = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(Codes.RegistryUnauthorized, e.Diagnostic.Code);
        AssertNoSecret(e);
    }

    [TestMethod]
    public async Task A_registry_that_sends_secrets_back_does_not_get_them_into_a_message()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Account = ("me", Secret);
        registry.Fault = async (context, _) =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
            {
                return false;
            }

            await FaultRegistry.AnswerAsync(context, 400, $$"""{"errors":[{"code":"BAD","message":"you sent {{context.Request.Headers.Authorization}} and {{Secret}}"}]}""");
            return true;
        };
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        DevcontainerException e = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => client.GetManifestAsync(registry.Reference("app:1")));
        Assert.Contains("you sent Basic *** and ***", e.Message);
        AssertNoSecret(e);
    }

    // FAULTS 10
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_foreign_realm_gets_no_credentials(bool givesAnonymousToken)
    {
        await using FaultRegistry foreign = await FaultRegistry.StartAsync();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = $"http://localhost:{foreign.Port}/token";
        Descriptor manifest = registry.AddManifest("app", "1");
        foreach (Credential credential in new[] { Credential.FromPassword("me", Secret), Credential.FromIdentityToken(Secret) })
        {
            foreign.Fault = async (context, _) =>
            {
                registry.Tokens["anonymous"] = "";
                await FaultRegistry.AnswerAsync(context, givesAnonymousToken ? 200 : 401, """{"token":"anonymous"}""");
                return true;
            };
            using RegistryClient client = Client(registry, credential);
            if (givesAnonymousToken)
            {
                Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
            }
            else
            {
                Assert.Contains("localhost", await Errors.ExpectAsync(Codes.RealmForeign, () => client.ResolveAsync(registry.Reference("app:1"))));
            }
        }

        foreach (RecordedRequest request in foreign.Requests)
        {
            Assert.AreEqual("GET", request.Method);
            Assert.IsNull(request.Authorization);
            Assert.DoesNotContain(Secret, request.Query);
        }

        Assert.HasCount(2, foreign.Requests);
    }

    [TestMethod]
    public async Task Another_port_of_the_host_is_foreign_under_plain_HTTP()
    {
        await using FaultRegistry foreign = await FaultRegistry.StartAsync();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        foreign.Account = ("me", Secret);
        registry.TokenRealm = foreign.OwnRealm;
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        await Errors.ExpectAsync(Codes.RealmForeign, () => client.ResolveAsync(registry.Reference("app:1")));
        Assert.IsNull(foreign.Requests.Single().Authorization);
    }

    // FAULTS 10
    [TestMethod]
    public async Task A_realm_that_is_known_to_be_the_registrys_gets_its_credentials()
    {
        await using FaultRegistry service = await FaultRegistry.StartAsync();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        service.Account = ("me", Secret);
        registry.TokenRealm = service.OwnRealm;
        service.Fault = async (context, _) =>
        {
            Assert.AreEqual("/token", context.Request.Path.Value);
            registry.Tokens["good"] = "";
            bool knows = context.Request.Headers.Authorization.Count == 1;
            await FaultRegistry.AnswerAsync(context, knows ? 200 : 401, """{"token":"good"}""");
            return true;
        };
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = FaultRegistry.NewClient(o => o with
        {
            Credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", Secret))),
            TrustedRealms = new Dictionary<string, string> { [registry.Host] = service.Host },
        });
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual("auth.docker.io", new RegistryClientOptions().TrustedRealms["docker.io"]);
    }

    [TestMethod]
    [DataRow("http://evil.example/token")]
    [DataRow("http://169.254.169.254/token")]
    [DataRow("ftp://127.0.0.1/token")]
    [DataRow("file:///etc/passwd")]
    [DataRow("/token")]
    [DataRow("http://user@127.0.0.1/token")]
    [DataRow("")]
    public async Task A_realm_where_nothing_may_go_is_refused(string realm)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = realm;
        using RegistryClient client = Client(registry, Credential.FromPassword("me", Secret));
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.ResolveAsync(registry.Reference("app:1")));
    }

    // FAULTS 9
    [TestMethod]
    [DataRow("{}", Codes.RegistryProtocol)]
    [DataRow("", Codes.RegistryProtocol)]
    [DataRow("[]", Codes.RegistryProtocol)]
    [DataRow("<html>", Codes.RegistryProtocol)]
    [DataRow("""{"token":""}""", Codes.RegistryProtocol)]
    [DataRow("""{"token":5}""", Codes.RegistryProtocol)]
    [DataRow("""{"token":"a\r\nX-Injected: 1"}""", Codes.RegistryProtocol)]
    [DataRow("huge", Codes.ContentTooLarge)]
    public async Task A_token_response_of_the_wrong_form_is_refused(string body, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Fault = async (context, _) =>
        {
            if (context.Request.Path != "/token")
            {
                return false;
            }

            await FaultRegistry.AnswerAsync(context, 200, body == "huge" ? $$"""{"token":"{{new string('t', 1_000_000)}}"}""" : body);
            return true;
        };
        using RegistryClient client = Client(registry, null);
        await Errors.ExpectAsync(code, () => client.ResolveAsync(registry.Reference("app:1")));
    }

    [TestMethod]
    public async Task A_token_service_that_fails_for_a_moment_is_asked_again()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Fault = async (context, count) =>
        {
            if (context.Request.Path == "/token" && count <= 2)
            {
                await FaultRegistry.AnswerAsync(context, 503);
                return true;
            }

            return false;
        };
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = Client(registry, null);
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
    }

    [TestMethod]
    [DataRow("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:x:pull,push\"", "bearer realm=https://a/t service=s scope=repository:x:pull,push")]
    [DataRow("bearer Realm=https://a/t", "bearer realm=https://a/t")]
    [DataRow("Basic realm=\"a \\\"b\\\" c\"", "basic realm=a \"b\" c")]
    [DataRow("Basic", "basic")]
    [DataRow("Negotiate, Basic realm=\"x\" , Bearer realm=\"y\"", "negotiate|basic realm=x|bearer realm=y")]
    [DataRow("Negotiate abc==, Basic realm=x", "negotiate abc=|basic realm=x")]
    [DataRow("Bearer realm=\"unterminated", "bearer realm=unterminated")]
    [DataRow("", "")]
    [DataRow("=\"x\" y", "x|y")]
    [DataRow(",,, ,", "")]
    public void Challenges_are_read(string header, string expected)
    {
        string read = string.Join('|', AuthChallenge.Parse(header).Select(c => string.Join(' ', [c.Scheme, .. c.Parameters.Select(p => $"{p.Key}={p.Value}")])));
        Assert.AreEqual(expected, read);
    }

    [TestMethod]
    public void A_huge_challenge_is_none() => Assert.IsEmpty(AuthChallenge.Parse("Bearer realm=\"" + new string('x', 20_000) + "\""));

    [TestMethod]
    public void A_credential_does_not_show_what_it_is()
    {
        foreach (Credential credential in new[] { Credential.FromPassword("me", Secret), Credential.FromIdentityToken(Secret), Credential.FromRegistryToken(Secret) })
        {
            Assert.DoesNotContain(Secret, credential.ToString());
            Assert.DoesNotContain(Secret, $"{new RegistryClientOptions { Credentials = new FixedCredentials(("a", credential)) }}");
        }
    }

    private static RegistryClient Client(FaultRegistry registry, Credential? credential) =>
        FaultRegistry.NewClient(o => o with { Credentials = credential is null ? null : new FixedCredentials((registry.Host, credential)) });

    private static void AssertNoSecret(Exception e)
    {
        Assert.DoesNotContain(Secret, e.ToString());
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("me:" + Secret)), e.ToString());
    }
}

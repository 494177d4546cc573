using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Devcontainer.Oci.Tests;

/// <summary>
/// Gives tokens that a real registry accepts (CNCF distribution, docs/spec/auth/jwt.md): to one account all that it asks for, to others
/// nothing.
/// </summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private const string Issuer = "test issuer";
    private const string Service = "test registry";

    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;
    private readonly WebApplication _app;

    private TokenServer(WebApplication app)
    {
        _app = app;
        _certificate = new CertificateRequest("CN=tokens", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    internal string Host { get; private set; } = "";

    /// <summary>How long tokens last.</summary>
    internal TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The scopes of the tokens that were given.</summary>
    internal ConcurrentQueue<string> Given { get; } = new();

    internal static async Task<TokenServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        var server = new TokenServer(app);
        app.MapGet("/token", server.AnswerAsync);
        await app.StartAsync();
        server.Host = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Authority;
        return server;
    }

    /// <summary>The section of a registry's configuration that makes it ask for these tokens.</summary>
    internal string Configuration(TemporaryFolder folder)
    {
        File.WriteAllText(folder["tokens.crt"], _certificate.ExportCertificatePem());
        return $$"""auth: { token: { realm: "http://{{Host}}/token", service: "{{Service}}", issuer: "{{Issuer}}", rootcertbundle: "{{folder["tokens.crt"]}}" } }""";
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _certificate.Dispose();
        _key.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        string account = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RegistryServer.User}:{RegistryServer.Password}"));
        string authorization = context.Request.Headers.Authorization.ToString();
        if (authorization.Length > 0 && authorization != "Basic " + account)
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        }

        var access = new List<object>();
        foreach (string? scope in authorization.Length > 0 ? context.Request.Query["scope"] : default)
        {
            Given.Enqueue(scope!);
            string[] parts = scope!.Split(':');
            access.Add(new { type = parts[0], name = parts[1], actions = parts[2].Split(',') });
        }

        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string header = Part(new { typ = "JWT", alg = "RS256", x5c = new[] { Convert.ToBase64String(_certificate.RawData) } });
        string claims = Part(new
        {
            iss = Issuer, sub = RegistryServer.User, aud = Service, exp = now + (long)Lifetime.TotalSeconds, nbf = now - 60, iat = now,
            jti = Guid.NewGuid().ToString("N"), access,
        });
        byte[] signature = _key.SignData(Encoding.ASCII.GetBytes($"{header}.{claims}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return context.Response.WriteAsJsonAsync(new { token = $"{header}.{claims}.{Base64Url.EncodeToString(signature)}", expires_in = 300 });
    }

    private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}

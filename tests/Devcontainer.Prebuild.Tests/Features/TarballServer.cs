using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Devcontainer.Prebuild.Tests.Features;

/// <summary>A web server on loopback with files, by plain HTTP or, with a certificate, by HTTPS. One request a connection.</summary>
internal sealed class TarballServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    /// <param name="tls">Its certificate and key, as PEM.</param>
    internal TarballServer((string Certificate, string Key)? tls = null)
    {
        if (tls is var (certificate, key))
        {
            using X509Certificate2 pem = X509Certificate2.CreateFromPem(certificate, key);
            _certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }

        _listener.Start();
        Host = $"localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Host and port.</summary>
    internal string Host { get; }

    /// <summary>The files, by name.</summary>
    internal ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Where a name leads elsewhere.</summary>
    internal ConcurrentDictionary<string, string> Redirects { get; } = new();

    /// <summary>What was asked for, in order.</summary>
    internal ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The id of a Feature that is served here.</summary>
    internal string Id(string name) => $"{(_certificate is null ? "http" : "https")}://{Host}/devcontainer-feature-{name}.tgz";

    /// <summary>Publishes a Feature as `devcontainer features package` makes it; gives its id.</summary>
    internal string Publish(string name, string version, string more = "", string script = "#!/bin/sh\n")
    {
        Files[$"devcontainer-feature-{name}.tgz"] = FeatureTar.Of(
            ("./devcontainer-feature.json", $$"""{ "id": "{{name}}", "version": "{{version}}"{{more}} }"""), ("./install.sh", script));
        return Id(name);
    }

    public void Dispose()
    {
        _listener.Stop();
        _serving.GetAwaiter().GetResult();
        _certificate?.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await AnswerAsync(client);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // A client that did not like the certificate.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        Stream stream = client.GetStream();
        if (_certificate is not null)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(_certificate);
            stream = secure;
        }

        using var reader = new StreamReader(stream, Encoding.ASCII);
        if (await reader.ReadLineAsync() is not { Length: > 0 } first)
        {
            // A client that did not like the certificate, and said so only when the server thought all was well.
            return;
        }

        string name = first.Split(' ')[1].TrimStart('/');
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        Asked.Enqueue(name);
        byte[] body = Files.GetValueOrDefault(name, []);
        string status = Redirects.TryGetValue(name, out string? target) ? $"302 Found\r\nLocation: {target}" : Files.ContainsKey(name) ? "200 OK" : "404 Not Found";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        await stream.WriteAsync(body);
        await stream.FlushAsync();
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Devcontainer.Oci.Tests;

/// <summary>
/// A registry in memory, on loopback, that follows the distribution specification except where a test's fault steps in. Every request is
/// kept, so that tests can look at what was sent.
/// </summary>
internal sealed class FaultRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly ConcurrentDictionary<string, MemoryStream> _uploads = new();

    private FaultRegistry(WebApplication app) => _app = app;

    /// <summary>Steps in before the registry: true where it answered itself. The number says how often this method and path came, from
    /// 1.</summary>
    internal Func<HttpContext, int, Task<bool>>? Fault { get; set; }

    internal int Port { get; private set; }

    internal string Host => $"127.0.0.1:{Port}";

    internal ConcurrentQueue<RecordedRequest> Requests { get; } = new();

    internal ConcurrentDictionary<(string Repository, string Digest), byte[]> Blobs { get; } = new();

    /// <summary>By tag and by digest.</summary>
    internal ConcurrentDictionary<(string Repository, string Reference), (string MediaType, byte[] Bytes)> Manifests { get; } = new();

    /// <summary>Name and password that are wanted; with <see cref="TokenRealm"/> by the token service.</summary>
    internal (string User, string Password)? Account { get; set; }

    /// <summary>Where tokens come from; the registry's own /token is <see cref="OwnRealm"/>.</summary>
    internal string? TokenRealm { get; set; }

    internal string OwnRealm => $"http://{Host}/token";

    /// <summary>Tokens that are accepted now.</summary>
    internal ConcurrentDictionary<string, string> Tokens { get; } = new();

    internal bool HasReferrersApi { get; set; }

    internal bool MountsBlobs { get; set; } = true;

    /// <summary>Takes no more than so many bytes of the upload that a fault is stepping into: keeps them, and breaks the connection.</summary>
    internal static void CutUpload(HttpContext context, int bytes) => context.Items["cut"] = bytes;

    internal static async Task<FaultRegistry> StartAsync(Func<HttpContext, int, Task<bool>>? fault = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        WebApplication app = builder.Build();
        var registry = new FaultRegistry(app) { Fault = fault };
        app.Run(registry.HandleAsync);
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        registry.Port = new Uri(address).Port;
        return registry;
    }

    internal ImageReference Reference(string rest) => ImageReference.Parse($"{Host}/{rest}");

    internal static RegistryClient NewClient(Func<RegistryClientOptions, RegistryClientOptions>? change = null)
    {
        var options = new RegistryClientOptions
        {
            RetryDelay = TimeSpan.FromMilliseconds(1), StallTimeout = TimeSpan.FromSeconds(10), Deadline = TimeSpan.FromSeconds(60),
        };
        return new RegistryClient(change is null ? options : change(options));
    }

    internal Descriptor AddBlob(string repository, byte[] bytes, string mediaType = MediaTypes.Layer)
    {
        Descriptor descriptor = Descriptor.Of(bytes, mediaType);
        Blobs[(repository, descriptor.Digest.Value)] = bytes;
        return descriptor;
    }

    internal Descriptor AddManifest(string repository, string tag, byte[]? bytes = null, string mediaType = MediaTypes.ImageManifest)
    {
        bytes ??= new ImageManifest { Config = Descriptor.EmptyJson, Layers = [] }.ToBytes();
        Descriptor descriptor = Descriptor.Of(bytes, mediaType);
        Manifests[(repository, tag)] = (mediaType, bytes);
        Manifests[(repository, descriptor.Digest.Value)] = (mediaType, bytes);
        return descriptor;
    }

    internal IEnumerable<string> Lines => Requests.Select(r => $"{r.Method} {r.Path}");

    internal int Count(string method, string pathEnd) => Requests.Count(r => r.Method == method && r.Path.EndsWith(pathEnd, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    internal static async Task AnswerAsync(HttpContext context, int status, string body = "", string mediaType = "application/json")
    {
        context.Response.StatusCode = status;
        if (!HttpMethods.IsHead(context.Request.Method) && status != 204)
        {
            context.Response.ContentType = mediaType;
            await context.Response.WriteAsync(body, CancellationToken.None);
        }
    }

    /// <summary>Waits until the client gives up.</summary>
    internal static async Task HangAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using CancellationTokenRegistration registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private async Task HandleAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string path = request.Path.Value!;
        Requests.Enqueue(new RecordedRequest(
            request.Method, path, request.QueryString.Value ?? "", request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        int count = _counts.AddOrUpdate($"{request.Method} {path}", 1, (_, n) => n + 1);
        try
        {
            if (Fault is not null && await Fault(context, count))
            {
                return;
            }

            if (path == "/token")
            {
                await TokenAsync(context);
            }
            else if (!await IsAllowedAsync(context))
            {
                return;
            }
            else
            {
                await ServeAsync(context, path);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The client has gone.
        }
    }

    private async Task TokenAsync(HttpContext context)
    {
        bool asksRight = Account is not { } account
            || context.Request.Headers.Authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.User}:{account.Password}"))
            || (context.Request.HasFormContentType && (await context.Request.ReadFormAsync())["refresh_token"] == account.Password);
        if (!asksRight)
        {
            await AnswerAsync(context, 401);
            return;
        }

        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        Tokens[token] = context.Request.Query["scope"].ToString();
        await AnswerAsync(context, 200, $$"""{"token":"{{token}}","expires_in":300}""");
    }

    private async Task<bool> IsAllowedAsync(HttpContext context)
    {
        string authorization = context.Request.Headers.Authorization.ToString();
        if (TokenRealm is not null)
        {
            if (authorization.StartsWith("Bearer ", StringComparison.Ordinal) && Tokens.ContainsKey(authorization[7..]))
            {
                return true;
            }

            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"{TokenRealm}\",service=\"faults\",scope=\"repository:more:pull\"";
        }
        else if (Account is { } account)
        {
            if (authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.User}:{account.Password}")))
            {
                return true;
            }

            context.Response.Headers.WWWAuthenticate = "Basic realm=\"faults\"";
        }
        else
        {
            return true;
        }

        await AnswerAsync(context, 401, """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""");
        return false;
    }

    private async Task ServeAsync(HttpContext context, string path)
    {
        string[] parts = path.Split('/');
        int kind = Array.FindLastIndex(parts, p => p is "manifests" or "blobs" or "referrers" or "tags");
        if (kind < 3 || parts[1] != "v2")
        {
            await AnswerAsync(context, path == "/v2/" ? 200 : 404);
            return;
        }

        // An upload's path has "blobs/uploads/<id>".
        if (parts[kind] == "blobs" && kind + 1 < parts.Length && parts[kind + 1] == "uploads")
        {
            await UploadAsync(context, string.Join('/', parts[2..kind]), parts.ElementAtOrDefault(kind + 2) ?? "");
            return;
        }

        string repository = string.Join('/', parts[2..kind]);
        string reference = parts[kind + 1];
        switch (parts[kind])
        {
            case "manifests" when HttpMethods.IsPut(context.Request.Method):
                await PutManifestAsync(context, repository, reference);
                break;
            case "manifests" when HttpMethods.IsDelete(context.Request.Method):
                await AnswerAsync(context, Manifests.TryRemove((repository, reference), out _) ? 202 : 404);
                break;
            case "manifests" when Manifests.TryGetValue((repository, reference), out (string MediaType, byte[] Bytes) manifest):
                await ContentAsync(context, manifest.MediaType, manifest.Bytes);
                break;
            case "blobs" when Blobs.TryGetValue((repository, reference), out byte[]? blob):
                await ContentAsync(context, "application/octet-stream", blob);
                break;
            case "tags":
                await TagsAsync(context, repository);
                break;
            case "referrers" when HasReferrersApi:
                await AnswerAsync(context, 200, Encoding.UTF8.GetString(Referrers(repository, reference).ToBytes()), MediaTypes.ImageIndex);
                break;
            default:
                await AnswerAsync(context, 404, """{"errors":[{"code":"MANIFEST_UNKNOWN"}]}""");
                break;
        }
    }

    // A page has as many as are asked for, and names the next by its last one.
    private async Task TagsAsync(HttpContext context, string repository)
    {
        string[] all = [.. Manifests.Keys.Where(k => k.Repository == repository && !k.Reference.StartsWith("sha256:", StringComparison.Ordinal))
            .Select(k => k.Reference).Order(StringComparer.Ordinal)];
        string last = context.Request.Query["last"].ToString();
        string[] page = [.. all.Where(t => string.CompareOrdinal(t, last) > 0).Take(int.Parse(context.Request.Query["n"].ToString(), System.Globalization.CultureInfo.InvariantCulture))];
        if (page.Length > 0 && page[^1] != all[^1])
        {
            context.Response.Headers.Link = $"<{context.Request.Path}?n={context.Request.Query["n"]}&last={page[^1]}>; rel=\"next\"";
        }

        await AnswerAsync(context, all.Length == 0 ? 404 : 200, System.Text.Json.JsonSerializer.Serialize(new { name = repository, tags = page }));
    }

    private ImageIndex Referrers(string repository, string subject)
    {
        var referrers = new List<Descriptor>();
        foreach (((string where, string reference), (string mediaType, byte[] bytes)) in Manifests)
        {
            if (where == repository && reference.StartsWith("sha256:", StringComparison.Ordinal) && mediaType == MediaTypes.ImageManifest
                && ImageManifest.Parse(bytes) is { Subject: { } s } manifest && s.Digest.Value == subject)
            {
                referrers.Add(Descriptor.Of(bytes, mediaType) with { ArtifactType = manifest.ArtifactType, Annotations = manifest.Annotations });
            }
        }

        return new ImageIndex { Manifests = referrers };
    }

    private async Task PutManifestAsync(HttpContext context, string repository, string reference)
    {
        byte[] bytes = await BodyAsync(context);
        string mediaType = context.Request.ContentType!;
        if (Missing(repository, mediaType, bytes) is { } missing)
        {
            await AnswerAsync(context, 400, $$"""{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"{{missing}}"}]}""");
            return;
        }

        string digest = Digest.Sha256(bytes).Value;
        Manifests[(repository, digest)] = (mediaType, bytes);
        Manifests[(repository, reference)] = (mediaType, bytes);
        context.Response.Headers["Docker-Content-Digest"] = digest;
        if (HasReferrersApi && MediaTypes.IsManifest(mediaType) && ImageManifest.Parse(bytes).Subject is { } subject)
        {
            context.Response.Headers["OCI-Subject"] = subject.Digest.Value;
        }

        await AnswerAsync(context, 201);
    }

    // What the manifest names and the repository has not: a registry takes nothing with holes in it.
    private string? Missing(string repository, string mediaType, byte[] bytes) => MediaTypes.IsIndex(mediaType)
        ? ImageIndex.Parse(bytes).Manifests.FirstOrDefault(m => !Manifests.ContainsKey((repository, m.Digest.Value)))?.Digest.Value
        : ImageManifest.Parse(bytes) is var manifest
            ? manifest.Layers.Append(manifest.Config).FirstOrDefault(b => !Blobs.ContainsKey((repository, b.Digest.Value)))?.Digest.Value
            : null;

    private async Task UploadAsync(HttpContext context, string repository, string id)
    {
        HttpRequest request = context.Request;
        if (HttpMethods.IsPost(request.Method))
        {
            string? mount = request.Query["mount"];
            string? from = request.Query["from"];
            if (MountsBlobs && mount is not null && from is not null && Blobs.TryGetValue((from, mount), out byte[]? blob))
            {
                Blobs[(repository, mount)] = blob;
                await AnswerAsync(context, 201);
                return;
            }

            id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            _uploads[id] = new MemoryStream();
            Located(context, repository, id);
            await AnswerAsync(context, 202);
            return;
        }

        if (!_uploads.TryGetValue(id, out MemoryStream? upload))
        {
            await AnswerAsync(context, 404, """{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}""");
            return;
        }

        if (context.Items["cut"] is int cut)
        {
            byte[] some = new byte[cut];
            await request.Body.ReadExactlyAsync(some, context.RequestAborted);
            upload.Write(some);
            context.Abort();
            return;
        }

        byte[] bytes = HttpMethods.IsGet(request.Method) ? [] : await BodyAsync(context);
        if (HttpMethods.IsPatch(request.Method) && request.Headers.ContentRange.ToString() is { Length: > 0 } range
            && !range.StartsWith($"{upload.Length}-", StringComparison.Ordinal))
        {
            Located(context, repository, id);
            await AnswerAsync(context, 416);
            return;
        }

        upload.Write(bytes);
        if (HttpMethods.IsPut(request.Method))
        {
            byte[] whole = upload.ToArray();
            string digest = request.Query["digest"].ToString();
            if (Digest.Sha256(whole).Value != digest)
            {
                await AnswerAsync(context, 400, """{"errors":[{"code":"DIGEST_INVALID"}]}""");
                return;
            }

            Blobs[(repository, digest)] = whole;
            _uploads.TryRemove(id, out _);
            await AnswerAsync(context, 201);
            return;
        }

        Located(context, repository, id);
        context.Response.Headers.Range = $"0-{upload.Length - 1}";
        await AnswerAsync(context, HttpMethods.IsGet(request.Method) ? 204 : 202);
    }

    // Relative, with a query that has to come back: both are allowed.
    private static void Located(HttpContext context, string repository, string id) =>
        context.Response.Headers.Location = $"/v2/{repository}/blobs/uploads/{id}?_state=abc%3D";

    private static async Task<byte[]> BodyAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    private static async Task ContentAsync(HttpContext context, string mediaType, byte[] bytes)
    {
        int from = 0;
        if (context.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            from = int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }

        context.Response.ContentType = mediaType;
        context.Response.ContentLength = bytes.Length - from;
        context.Response.Headers["Docker-Content-Digest"] = Digest.Sha256(bytes).Value;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(from), context.RequestAborted);
        }
    }
}

/// <summary>A request as it came.</summary>
internal sealed record RecordedRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers)
{
    internal string? Authorization => Headers.GetValueOrDefault("Authorization");
}

using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Devcontainer.Prebuild.Tests.Sharing;

/// <summary>
/// A line to the real registry that goes dead at one of the requests that change something: before the registry hears of it, or after it has done it
/// and before it is answered. To the registry, and to whoever comes next, that is what a killed publish is.
/// </summary>
internal sealed class DyingLine : IAsyncDisposable
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    private readonly WebApplication _app;
    private readonly string _registry;
    private readonly bool _isDone;
    private int _last;
    private int _changes;

    private DyingLine(WebApplication app, string registry, int last, bool isDone) => (_app, _registry, _last, _isDone) = (app, registry, last, isDone);

    /// <summary>Host and port of this end.</summary>
    internal string Name => new Uri(_app.Urls.Single()).Authority;

    /// <summary>How many changes were asked for.</summary>
    internal int Changes => Volatile.Read(ref _changes);

    /// <summary>Opens a line.</summary>
    /// <param name="registry">Host and port of the registry.</param>
    /// <param name="last">The change at which the line dies, counted from 1; 0 for never.</param>
    /// <param name="isDone">Whether the registry still does that one.</param>
    internal static async Task<DyingLine> OpenAsync(string registry, int last, bool isDone)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var line = new DyingLine(builder.Build(), registry, last, isDone);
        line._app.Run(line.PassAsync);
        await line._app.StartAsync();
        return line;
    }

    /// <summary>Mends the line: from now on everything passes.</summary>
    internal void Mend() => Volatile.Write(ref _last, 0);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task PassAsync(HttpContext context)
    {
        bool isChange = context.Request.Method is not ("GET" or "HEAD");
        int change = isChange ? Interlocked.Increment(ref _changes) : Changes;
        int last = Volatile.Read(ref _last);
        bool isDead = last > 0 && change >= last;
        if (isDead && !(isChange && change == last && _isDone))
        {
            context.Abort();
            return;
        }

        using HttpResponseMessage response = await Client.SendAsync(await ForwardedAsync(context.Request), HttpCompletionOption.ResponseHeadersRead);
        if (isDead)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection"))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        await response.Content.CopyToAsync(context.Response.Body);
    }

    private async Task<HttpRequestMessage> ForwardedAsync(HttpRequest request)
    {
        var forwarded = new HttpRequestMessage(
            new HttpMethod(request.Method), string.Create(CultureInfo.InvariantCulture, $"http://{_registry}{request.Path}{request.QueryString}"));

        // So that the registry sends uploads back through here.
        forwarded.Headers.Host = Name;
        forwarded.Headers.TryAddWithoutValidation("Accept", request.Headers.Accept.ToArray());
        if (request.ContentLength is not null || request.Headers.TransferEncoding.Count > 0)
        {
            var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            forwarded.Content = new ByteArrayContent(body.ToArray());
            forwarded.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
            forwarded.Content.Headers.TryAddWithoutValidation("Content-Range", request.Headers.ContentRange.ToArray());
        }

        return forwarded;
    }
}

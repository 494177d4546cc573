using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Devcontainer.Prebuild.Tests.Toolchain;

/// <summary>A copy of .NET's feed on loopback, with the releases that a test gives it.</summary>
internal sealed class DotNetFeedServer : IDisposable
{
    private readonly HttpListener _listener;
    private readonly ConcurrentDictionary<string, byte[]> _files = new();
    private readonly ConcurrentDictionary<string, List<object>> _releases = new();
    private readonly Task _serving;

    internal DotNetFeedServer()
    {
        (_listener, Address) = Listen();
        _serving = ServeAsync();
    }

    /// <summary>Where it is.</summary>
    internal Uri Address { get; }

    /// <summary>What was asked for, in order.</summary>
    internal ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Status of the next answers, instead of the files.</summary>
    internal ConcurrentQueue<int> Failures { get; } = new();

    /// <summary>Whatever an archive is replaced by, at its path.</summary>
    internal byte[] this[string path]
    {
        get => _files["/" + path];
        set => _files["/" + path] = value;
    }

    /// <summary>Adds a release of an SDK with its archives.</summary>
    internal DotNetFeedServer AddSdk(string version, params (string Rid, byte[] Archive)[] archives) => Add("sdk", "Sdk", "dotnet-sdk", version, archives);

    /// <summary>Adds a release of the runtime with its archives.</summary>
    internal DotNetFeedServer AddRuntime(string version, params (string Rid, byte[] Archive)[] archives) => Add("runtime", "Runtime", "dotnet-runtime", version, archives);

    /// <summary>An archive with what the SDK's has, small.</summary>
    internal static byte[] SmallSdk(string version, string runtime, Action<TarWriter>? more = null)
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "./sdk/") { Mode = UnixFileMode.UserRead });
            Write(tar, "./dotnet", "#!/bin/sh\necho " + version + "\n", UnixFileMode.UserExecute | UnixFileMode.UserRead);
            Write(tar, $"./sdk/{version}/dotnet.dll", "dll", UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Write(tar, $"./host/fxr/{runtime}/libhostfxr.so", "so", UnixFileMode.UserRead);
            more?.Invoke(tar);
        }

        return bytes.ToArray();
    }

    internal static void Write(TarWriter tar, string path, string text, UnixFileMode mode) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), Mode = mode, Uid = 1000 });

    public void Dispose()
    {
        _listener.Close();
        _serving.GetAwaiter().GetResult();
    }

    private DotNetFeedServer Add(string section, string folder, string name, string version, (string Rid, byte[] Archive)[] archives)
    {
        string channel = string.Join('.', version.Split('.').Take(2));
        var files = new List<object>();
        foreach ((string rid, byte[] archive) in archives)
        {
            _files[$"/{folder}/{version}/{name}-{version}-{rid}.tar.gz"] = archive;
            files.Add(new { name = $"{name}-{rid}.tar.gz", rid, url = "https://dotnet.example/", hash = Convert.ToHexString(SHA512.HashData(archive)) });
        }

        files.Add(new { name = $"{name}-win-x64.zip", rid = "win-x64", url = "https://dotnet.example/", hash = "" });
        List<object> releases = _releases.GetOrAdd(channel, static _ => []);
        releases.Add(new Dictionary<string, object> { ["release-version"] = version, [section] = new { version, files } });
        _files[$"/release-metadata/{channel}/releases.json"] = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["channel-version"] = channel, ["releases"] = releases });
        _files["/release-metadata/releases-index.json"] = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, object> { ["releases-index"] = _releases.Keys.Select(static one => new Dictionary<string, string> { ["channel-version"] = one }) });
        return this;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            string path = context.Request.Url!.AbsolutePath;
            Asked.Enqueue(path);
            using HttpListenerResponse response = context.Response;
            if (Failures.TryDequeue(out int status))
            {
                response.StatusCode = status;
            }
            else if (_files.TryGetValue(path, out byte[]? content))
            {
                response.ContentLength64 = content.Length;
                await response.OutputStream.WriteAsync(content);
            }
            else
            {
                response.StatusCode = 404;
            }
        }
    }

    // A port that is free may be taken before it is listened on.
    private static (HttpListener Listener, Uri Address) Listen()
    {
        for (int attempt = 0; ; attempt++)
        {
            var address = new Uri($"http://127.0.0.1:{Random.Shared.Next(20000, 60000)}/");
            var listener = new HttpListener();
            listener.Prefixes.Add(address.AbsoluteUri);
            try
            {
                listener.Start();
                return (listener, address);
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                listener.Close();
            }
        }
    }
}

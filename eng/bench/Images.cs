using System.Diagnostics;
using Devcontainer.Oci;

/// <summary>Figure 8: an image of 1 GB in 20 layers, to a registry and from it.</summary>
internal static class Images
{
    private const int Layers = 20;
    private const int LayerSize = 50_000_000;
    private const string Tag = "1";

    internal static void Measure(string output, int rounds)
    {
        string layout = Create(Path.Combine(output, "image"));
        string pulled = Path.Combine(output, "pulled");
        using var registry = new BenchRegistry(Path.Combine(output, "registry"));
        string reference = $"{registry.Host}/bench:{Tag}";
        string self = Environment.ProcessPath!;
        Command[] push =
        [
            new("Devcontainer.Oci", self, ["push", layout, reference], output),
            new("crane push", "crane", ["push", layout, reference], output),
            new("oras cp", "oras", ["cp", "--from-oci-layout", $"{layout}:{Tag}", "--to-plain-http", reference], output),
        ];
        Report.Print("8 push, 1 GB in 20 layers", rounds, registry.Renew, push);
        push[0].Run();
        Report.Print("8 push, all of it there", rounds, prepare: null, push);
        Report.Print(
            "8 pull, 1 GB in 20 layers",
            rounds,
            () =>
            {
                Delete(pulled);
                Sync();
            },
            new("Devcontainer.Oci", self, ["pull", pulled, reference], output),
            new("crane pull", "crane", ["pull", "--format=oci", reference, pulled], output),
            new("oras cp", "oras", ["cp", "--from-plain-http", reference, "--to-oci-layout", $"{pulled}:{Tag}"], output));
    }

    internal static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // What one command leaves to be written is not to be the next one's burden.
    internal static void Sync()
    {
        if (!OperatingSystem.IsWindows())
        {
            using var sync = Process.Start("sync");
            sync.WaitForExit();
        }
    }

    private static string Create(string path)
    {
        OciLayout layout = OciLayout.Create(path);
        var random = new Random(8);
        byte[] content = new byte[LayerSize];
        var layers = new List<Descriptor>();
        for (int i = 0; i < Layers; i++)
        {
            random.NextBytes(content);
            layers.Add(layout.AddBlob(content, MediaTypes.LayerGzip));
        }

        var config = new ImageConfig { Architecture = "amd64", Os = "linux", DiffIds = [.. layers.Select(l => l.Digest)] };
        var manifest = new ImageManifest { Config = layout.AddBlob(config.ToBytes(), MediaTypes.ImageConfig), Layers = layers };
        Descriptor image = layout.AddBlob(manifest.ToBytes(), MediaTypes.ImageManifest);
        layout.WriteIndex(new ImageIndex
        {
            Manifests = [image with { Annotations = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = Tag } }],
        });
        return path;
    }
}

/// <summary>A registry of our own, on loopback.</summary>
internal sealed class BenchRegistry : IDisposable
{
    private readonly string _folder;
    private Process? _process;

    internal BenchRegistry(string folder)
    {
        _folder = folder;
        using (var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0))
        {
            free.Start();
            Host = free.LocalEndpoint.ToString()!;
        }

        Renew();
    }

    internal string Host { get; }

    /// <summary>Starts it anew, with nothing in it.</summary>
    internal void Renew()
    {
        Dispose();
        Images.Delete(_folder);
        Directory.CreateDirectory(_folder);
        string configuration = Path.Combine(_folder, "config.yml");
        File.WriteAllText(
            configuration,
            $$"""
            version: 0.1
            log: { level: error, accesslog: { disabled: true } }
            storage: { filesystem: { rootdirectory: "{{_folder}}/storage" } }
            http: { addr: "{{Host}}" }
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var http = new HttpClient();
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                using HttpResponseMessage answer = http.Send(new HttpRequestMessage(HttpMethod.Get, $"http://{Host}/v2/"));
                break;
            }
            catch (HttpRequestException) when (waited.Elapsed < TimeSpan.FromSeconds(20))
            {
                Thread.Sleep(20);
            }
        }

        Images.Sync();
    }

    public void Dispose()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }
}

using System.Diagnostics;

namespace Devcontainer.Oci.Tests;

/// <summary>A real registry (CNCF distribution) of a test's own: on a free port of loopback, with a storage of its own, gone with the test.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    /// <summary>An account for htpasswd: name, password and the line of its file.</summary>
    internal const string User = "me";
    internal const string Password = "s3cret-canary";
    private const string HashedAccount = "me:$2b$05$abcdefghijklmnopqrstuullx5kP6GYZcFnepqhmI2H03s5Hsbhlm\n";

    private readonly Process _process;
    private readonly TemporaryFolder _folder;
    private readonly Task _log;

    private RegistryServer(Process process, TemporaryFolder folder, int port, Task log)
    {
        _process = process;
        _folder = folder;
        _log = log;
        Port = port;
    }

    internal int Port { get; }

    internal string Host => $"127.0.0.1:{Port}";

    /// <summary>The folder of its storage.</summary>
    internal string Storage => _folder["storage"];

    internal ImageReference Reference(string rest) => ImageReference.Parse($"{Host}/{rest}");

    /// <summary>Starts one.</summary>
    /// <param name="auth">The sections <c>auth</c> of its configuration, see <see cref="Htpasswd"/>; null for none.</param>
    /// <param name="tls">Certificate and key; null for plain HTTP.</param>
    /// <param name="deletes">Whether it allows to delete.</param>
    internal static async Task<RegistryServer> StartAsync(
        Func<TemporaryFolder, string>? auth = null, (string Certificate, string Key)? tls = null, bool deletes = true)
    {
        string program = Programs.Find("docker-registry");
        var folder = new TemporaryFolder();
        string secure = "";
        if (tls is { } pair)
        {
            File.WriteAllText(folder["server.crt"], pair.Certificate);
            File.WriteAllText(folder["server.key"], pair.Key);
            secure = $$""", tls: { certificate: "{{folder["server.crt"]}}", key: "{{folder["server.key"]}}" }""";
        }

        File.WriteAllText(
            folder["config.yml"],
            $$"""
            version: 0.1
            log: { level: info, formatter: text, accesslog: { disabled: true } }
            storage:
              filesystem: { rootdirectory: "{{folder["storage"]}}" }
              delete: { enabled: {{(deletes ? "true" : "false")}} }
            http: { addr: "127.0.0.1:0"{{secure}} }
            {{auth?.Invoke(folder)}}
            """);
        var start = new ProcessStartInfo(program, ["serve", folder["config.yml"]]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["OTEL_TRACES_EXPORTER"] = "none";
        Process process = Process.Start(start)!;

        // It says which port it was given; what it says later is read to keep it going.
        var lines = new List<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            int at = line.IndexOf("listening on 127.0.0.1:", StringComparison.Ordinal);
            if (at >= 0)
            {
                string port = new([.. line[(at + "listening on 127.0.0.1:".Length)..].TakeWhile(char.IsAsciiDigit)]);
                Task log = Task.WhenAll(process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
                return new RegistryServer(process, folder, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), log);
            }
        }

        process.Dispose();
        folder.Dispose();
        throw new AssertFailedException("The registry did not start:\n" + string.Join('\n', lines));
    }

    /// <summary>Basic sign-in with <see cref="User"/> and <see cref="Password"/>.</summary>
    internal static string Htpasswd(TemporaryFolder folder)
    {
        File.WriteAllText(folder["htpasswd"], HashedAccount);
        return $$"""auth: { htpasswd: { realm: test, path: "{{folder["htpasswd"]}}" } }""";
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _log;
        _process.Dispose();
        _folder.Dispose();
    }
}

using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Verify.Secrets;

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>A vulnerability scanner finds nothing in the image. It gets the environment as it is: tokens reach it so, and never as arguments.</summary>
/// <param name="scanner">The scanner.</param>
/// <param name="processes">Runs it.</param>
/// <param name="registries">Where it has to go, and its environment.</param>
/// <param name="maxAge">How old its data may be, where it says.</param>
/// <param name="reporter">Hears what it says.</param>
internal sealed class ScannerGate(IScanner scanner, IProcessRunner processes, RegistrySettings registries, TimeSpan maxAge, IBuildReporter reporter) : IVerifyGate
{
    // A large image takes minutes, and the first scan fetches the scanner's data.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(20);

    // Several times the report of an image with ten thousand vulnerabilities.
    private const int LargestAnswer = 256 * 1024 * 1024;

    /// <inheritdoc />
    public string Name => scanner.Name;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        string program = DockerLocator.TryFind(scanner.Program, registries.Environment, registries.WorkspaceFolder)
            ?? throw new DevcontainerException(Codes.VerifyToolMissing, scanner.Name, scanner.Program, scanner.Home);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("devcontainer-scan-");
        try
        {
            var platforms = new List<(string Platform, IReadOnlyList<Finding> Findings)>();
            DateTimeOffset? oldest = null;
            foreach (VerifiedPlatform platform in image.Platforms)
            {
                ScannerAnswer answer = await ScanAsync(program, folder.FullName, image, platform, cancellationToken).ConfigureAwait(false);
                oldest = answer.DataFrom < oldest || oldest is null ? answer.DataFrom : oldest;
                platforms.Add((platform.Platform, [.. answer.Found.Select(found => Create(image, platform, found))]));
            }

            if (scanner.DataArguments is { } arguments)
            {
                byte[] told = await RunAsync(program, folder.FullName, arguments, [], image, static exitCode => exitCode == 0, cancellationToken).ConfigureAwait(false);
                oldest = Read(image, told, scanner.ReadData);
            }

            if (oldest is { } made && DateTimeOffset.UtcNow - made > maxAge)
            {
                return GateResult.Stale(Diagnostic.Create(
                    Codes.VerifyDataStale,
                    null,
                    $"What {scanner.Name} knows of vulnerabilities",
                    made.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    image.Reference,
                    maxAge.TotalDays));
            }

            string data = oldest is { } day ? $", data of {day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}" : string.Empty;
            return GateResult.Of($"{string.Join(" and ", image.Platforms.Select(static platform => platform.Platform))}{data}", Finding.Join(platforms));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // By the digest of the platform's manifest: what a tag names may change meanwhile, and scanners choose a platform of an index in ways of their own.
    private async Task<ScannerAnswer> ScanAsync(string program, string folder, VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken)
    {
        RegistryPlace place = RegistryAccess.PlaceOf(image.Reference, registries);
        string file = Path.Combine(folder, "answer.json");
        File.Delete(file);
        byte[] output = await RunAsync(
            program,
            folder,
            scanner.Arguments($"{place.Name}@{platform.Descriptor.Digest}", platform.Platform, file),
            place.IsPlain ? scanner.PlainHttp : [],
            image,
            scanner.HasScanned,
            cancellationToken).ConfigureAwait(false);
        return Read(image, File.Exists(file) ? await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false) : output, json => scanner.Read(json));
    }

    private async Task<byte[]> RunAsync(
        string program,
        string folder,
        IReadOnlyList<string> arguments,
        IReadOnlyList<KeyValuePair<string, string>> more,
        VerifiedImage image,
        Func<int, bool> isDone,
        CancellationToken cancellationToken)
    {
        var output = new MemoryStream();
        var errors = new List<string>();
        ProcessResult result;
        try
        {
            result = await processes.RunAsync(
                new ProcessRequest
                {
                    FileName = program,
                    Arguments = arguments,
                    WorkingDirectory = folder,
                    Environment = more.Count == 0 ? registries.Environment : new Dictionary<string, string>(registries.Environment.Concat(more).DistinctBy(static one => one.Key)),
                    ReadOutput = (stream, token) => CopyAsync(stream, output, token),
                    OnError = line =>
                    {
                        errors.Add(line);
                        reporter.Detail($"{scanner.Name}: {SecretScanner.Redact(line)}");
                    },
                    Timeout = Timeout,
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Win32Exception e)
        {
            throw Failed(image, $"'{program}' cannot be started ({e.Message})");
        }

        if (result.TimedOut)
        {
            throw Failed(image, $"it was not done in {Timeout.TotalMinutes:0} minutes");
        }

        return isDone(result.ExitCode)
            ? output.ToArray()
            : throw Failed(image, $"exit code {result.ExitCode}{(errors.FindLast(static line => line.Trim().Length > 0) is { } last ? ": " + last.Trim().TrimEnd('.') : string.Empty)}");
    }

    private static async Task CopyAsync(Stream from, MemoryStream to, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (to.Length + read > LargestAnswer)
            {
                throw new InvalidDataException($"its answer has more than {LargestAnswer} bytes");
            }

            to.Write(buffer, 0, read);
        }
    }

    private T Read<T>(VerifiedImage image, byte[] json, Func<ReadOnlyMemory<byte>, T> read)
    {
        try
        {
            return read(json);
        }
        catch (Exception e) when (e is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw Failed(image, $"its answer cannot be read ({e.Message.TrimEnd('.')})");
        }
    }

    private DevcontainerException Failed(VerifiedImage image, string reason) =>
        new(Codes.VerifyToolFailed, scanner.Name, image.Reference, SecretScanner.Redact(reason));

    private Finding Create(VerifiedImage image, VerifiedPlatform platform, ScannedVulnerability found)
    {
        int layer = found.DiffId is { } diffId ? platform.Config.DiffIds.ToList().FindIndex(known => known.Value == diffId) : -1;
        bool hasLayer = layer >= 0 && layer < platform.Manifest.Layers.Count;
        return new Finding
        {
            Id = found.Id,
            Severity = found.Severity,
            Diagnostic = Diagnostic.Create(
                Codes.VulnerabilityFound,
                null,
                image.Reference,
                Printable.Quote($"{found.Package} {found.Version}".TrimEnd()),
                Printable.Quote(found.Id),
                found.Severity.ToString().ToLowerInvariant(),
                scanner.Name,
                Printable.Quote(found.Address ?? "no address"),
                found.FixedIn is { } version ? $"It is mended in {Printable.Quote(version)}." : "No version is known that has it no more."),
            Package = found.Package,
            Version = found.Version,
            Path = found.Path,
            Layer = hasLayer ? platform.Manifest.Layers[layer].Digest : null,
            Instruction = hasLayer ? platform.InstructionOf(layer) : null,
        };
    }
}

using System.ComponentModel;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Signing;

/// <summary>
/// The cosign command (version 3). It gets the environment as it is: the password of a key (<c>COSIGN_PASSWORD</c>), a token of the CI system, and where
/// docker keeps credentials (<c>DOCKER_CONFIG</c>) reach it so, and never as arguments.
/// </summary>
internal sealed class CosignCommand : IDisposable
{
    // What cosign exits with where a signature is not there or not good (cmd/cosign/errors/exit_codes.go). A bundle that does not match is just an error,
    // which it tells by its text.
    private static readonly int[] NotGood = [10, 12, 13];
    private static readonly string[] NotGoodTexts = ["no matching attestations", "no matching signatures"];

    // Its own limit is three minutes for a command.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private readonly IProcessRunner _processes;
    private readonly RegistrySettings _registries;
    private readonly IBuildReporter _reporter;
    private readonly string _path;
    private readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("devcontainer-cosign-");

    private CosignCommand(IProcessRunner processes, RegistrySettings registries, IBuildReporter reporter, string path)
    {
        _processes = processes;
        _registries = registries;
        _reporter = reporter;
        _path = path;
    }

    /// <summary>Finds it on PATH, and never in the workspace.</summary>
    /// <exception cref="DevcontainerException">DEVC5060: it is not there.</exception>
    internal static CosignCommand Find(IProcessRunner processes, RegistrySettings registries, IBuildReporter reporter) =>
        DockerLocator.TryFind("cosign", registries.Environment, registries.WorkspaceFolder) is { } path
            ? new CosignCommand(processes, registries, reporter, path)
            : throw new DevcontainerException(Codes.CosignMissing);

    /// <summary>Signs images of a repository, which has them, by digest.</summary>
    /// <exception cref="DevcontainerException">DEVC5061: they could not be signed.</exception>
    internal async Task SignAsync(ImageReference repository, IReadOnlyList<Digest> images, SignatureSettings settings, CancellationToken cancellationToken)
    {
        List<string> arguments = ["sign", "--yes"];
        Add(arguments, "--key", settings.SigningKey);
        if (settings.Offline)
        {
            // Without both, cosign asks Sigstore's servers which services there are and whom they trust.
            arguments.Add("--signing-config=" + await CreateAsync("signing-config", cancellationToken).ConfigureAwait(false));
            arguments.Add("--trusted-root=" + await CreateAsync("trusted-root", cancellationToken).ConfigureAwait(false));
        }
        else
        {
            Add(arguments, "--signing-config", settings.SigningConfig);
            Add(arguments, "--trusted-root", settings.TrustedRoot);
        }

        RegistryPlace place = AddRegistry(arguments, repository);
        arguments.AddRange(images.Select(image => $"{place.Name}@{image}"));

        // Somebody who signs at a terminal is told by cosign where to say who they are.
        CommandOutput output = await RunAsync(arguments, settings.SigningKey is null ? _reporter.Status : _reporter.Detail, cancellationToken).ConfigureAwait(false);
        if (output.ExitCode != 0)
        {
            throw new DevcontainerException(Codes.SigningFailed, repository.WithDigest(images[0]), Reason(output));
        }
    }

    /// <summary>Whether an image has a good signature: null where it has, else why it has not.</summary>
    /// <exception cref="DevcontainerException">DEVC6004: cosign could not tell.</exception>
    internal async Task<string?> VerifyAsync(ImageReference repository, Digest image, SignatureSettings settings, CancellationToken cancellationToken)
    {
        List<string> arguments = ["verify"];
        Add(arguments, "--trusted-root", settings.TrustedRoot);
        if (settings.VerificationKey is { } key)
        {
            Add(arguments, "--key", key);
            if (settings.Offline && settings.TrustedRoot is null)
            {
                arguments.Add("--insecure-ignore-tlog=true");
            }
        }
        else
        {
            AddPattern(arguments, "--certificate-identity", settings.Identity!);
            AddPattern(arguments, "--certificate-oidc-issuer", settings.Issuer!);
        }

        RegistryPlace place = AddRegistry(arguments, repository);
        arguments.Add($"{place.Name}@{image}");
        CommandOutput output = await RunAsync(arguments, _reporter.Detail, cancellationToken).ConfigureAwait(false);
        if (output.ExitCode == 0)
        {
            return null;
        }

        return NotGood.Contains(output.ExitCode) || Array.Exists(NotGoodTexts, text => output.Error.Contains(text, StringComparison.Ordinal))
            ? Reason(output)
            : throw new DevcontainerException(Codes.VerifyToolFailed, "cosign", repository.WithDigest(image), Reason(output));
    }

    /// <summary>The public key of a private one: the path of a file with it, as long as this is not disposed of.</summary>
    /// <exception cref="DevcontainerException">DEVC5061: the key cannot be read.</exception>
    internal async Task<string> PublicKeyAsync(string signingKey, CancellationToken cancellationToken)
    {
        CommandOutput output = await RunAsync(["public-key", "--key=" + signingKey], _reporter.Detail, cancellationToken).ConfigureAwait(false);
        if (output.ExitCode != 0)
        {
            throw new DevcontainerException(Codes.SigningFailed, "the image", Reason(output));
        }

        string path = Path.Combine(_temporary.FullName, "key.pub");
        await File.WriteAllTextAsync(path, output.Output + "\n", cancellationToken).ConfigureAwait(false);
        return path;
    }

    /// <inheritdoc />
    public void Dispose() => _temporary.Delete(recursive: true);

    // Makes a file that names no service, and nobody to be trusted.
    private async Task<string> CreateAsync(string kind, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_temporary.FullName, kind + ".json");
        CommandOutput output = await RunAsync([kind, "create", "--out=" + path], _reporter.Detail, cancellationToken).ConfigureAwait(false);
        return output.ExitCode == 0
            ? path
            : throw new DevcontainerException(Codes.SigningFailed, "the image", $"cosign {kind} create: {Reason(output)} (signing offline needs cosign 3)");
    }

    private static void Add(List<string> arguments, string name, string? value)
    {
        if (value is not null)
        {
            arguments.Add($"{name}={value}");
        }
    }

    private static void AddPattern(List<string> arguments, string name, string value) =>
        arguments.Add(value.StartsWith('^') ? $"{name}-regexp={value}" : $"{name}={value}");

    // It goes where we go: to the mirror, by plain HTTP where that is allowed, and trusts the authorities that docker was told of.
    private RegistryPlace AddRegistry(List<string> arguments, ImageReference repository)
    {
        RegistryPlace place = RegistryAccess.PlaceOf(repository, _registries);
        if (place.IsPlain)
        {
            arguments.Add("--allow-http-registry");
        }

        if (place.Authorities.Count > 0)
        {
            string bundle = Path.Combine(_temporary.FullName, "registry.crt");
            File.WriteAllText(bundle, string.Join('\n', place.Authorities.Select(File.ReadAllText)));
            arguments.Add("--registry-cacert=" + bundle);
        }

        return place;
    }

    private async Task<CommandOutput> RunAsync(IReadOnlyList<string> arguments, Action<string> onError, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var error = new StringBuilder();
        try
        {
            ProcessResult result = await _processes.RunAsync(
                new ProcessRequest
                {
                    FileName = _path,
                    Arguments = arguments,
                    WorkingDirectory = _temporary.FullName,
                    Environment = _registries.Environment,
                    OnOutput = line => output.Append(line).Append('\n'),
                    OnError = line =>
                    {
                        error.Append(line).Append('\n');
                        onError("cosign: " + line);
                    },
                    Timeout = Timeout,
                },
                cancellationToken).ConfigureAwait(false);
            return result.TimedOut
                ? new CommandOutput(-1, string.Empty, $"it was not done in {Timeout.TotalMinutes:0} minutes")
                : new CommandOutput(result.ExitCode, output.ToString().Trim(), error.ToString().Trim());
        }
        catch (Win32Exception e)
        {
            return new CommandOutput(-1, string.Empty, $"'{_path}' cannot be started ({e.Message})");
        }
    }

    private static string Reason(CommandOutput output)
    {
        const string Mark = "Error: ";
        string[] lines = output.Error.Split('\n', StringSplitOptions.TrimEntries);
        string? line = Array.Find(lines, static line => line.StartsWith(Mark, StringComparison.Ordinal))
            ?? Array.Find(lines, static line => line.Length > 0 && !line.StartsWith("WARNING:", StringComparison.Ordinal));
        return (line ?? $"exit code {output.ExitCode}").Replace(Mark, string.Empty, StringComparison.Ordinal).TrimEnd('.');
    }
}

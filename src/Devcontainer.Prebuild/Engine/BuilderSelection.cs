using System.Globalization;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Engine;

/// <summary>
/// Finds the builder of a build, or makes it. The current builder will do where it can export OCI layouts; the docker driver can only with the
/// engine's containerd image store, so on the classic store a docker-container builder is used, or created once and kept.
/// </summary>
internal sealed class BuilderSelection(DockerCommand docker, IBuildReporter reporter)
{
    /// <summary>The builder that is created where the current one cannot export.</summary>
    internal const string DefaultName = "devcontainer-sdk";

    private const string ContainerDriver = "docker-container";
    private static readonly TimeSpan CreateTimeout = TimeSpan.FromMinutes(5);

    /// <summary>The builder to use, existing by then.</summary>
    /// <exception cref="DevcontainerException">DEVC4002 to DEVC4006.</exception>
    internal async Task<Builder> SelectAsync(BuilderRequest request, CancellationToken cancellationToken)
    {
        Task<CommandOutput> listing = docker.CaptureAsync(["buildx", "ls", "--format", "{{json .}}"], DockerCommand.ProbeTimeout, cancellationToken);
        Task<CommandOutput> information = docker.CaptureAsync(["info", "--format", "{{json .}}"], DockerCommand.ProbeTimeout, cancellationToken);

        // Both to their end, also where one fails: no process is left behind.
        await Task.WhenAll(listing, information).ConfigureAwait(false);
        CommandOutput engine = await information.ConfigureAwait(false);
        CommandOutput list = await listing.ConfigureAwait(false);
        if (list.ExitCode != 0 && list.Error.Contains("buildx", StringComparison.Ordinal) && list.Error.Contains("unknown", StringComparison.OrdinalIgnoreCase))
        {
            throw new DevcontainerException(Codes.BuildxMissing, list.Reason);
        }

        IReadOnlyList<(Builder Builder, bool Current)> builders = Parse(list.Output);
        if (request.Name is not null || request.Nodes.Count > 0)
        {
            string name = request.Name ?? DefaultName + "-nodes";
            return await ConfirmAsync(Find(builders, name) ?? await CreateAsync(name, request, cancellationToken).ConfigureAwait(false), engine, request, builders, cancellationToken)
                .ConfigureAwait(false);
        }

        return await ConfirmAsync(Current(builders), engine, request, builders, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether <c>docker info</c> tells of the containerd image store.</summary>
    internal static bool HasContainerdStore(string information)
    {
        using JsonDocument document = JsonDocument.Parse(information);
        if (!document.RootElement.TryGetProperty("DriverStatus", out JsonElement status) || status.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (JsonElement pair in status.EnumerateArray())
        {
            if (pair.GetArrayLength() == 2 && pair[0].ValueEquals("driver-type") && pair[1].ValueEquals("io.containerd.snapshotter.v1"))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<Builder> ConfirmAsync(
        Builder? builder,
        CommandOutput engine,
        BuilderRequest request,
        IReadOnlyList<(Builder Builder, bool Current)> builders,
        CancellationToken cancellationToken)
    {
        // A builder elsewhere (remote, Kubernetes) needs no engine here; the docker driver is the engine, and without it buildx names no driver.
        if (builder is { Driver: not ("docker" or "") })
        {
            reporter.Detail($"Builder {builder.Name}: driver {builder.Driver}, {builder.Status}.");
            return builder;
        }

        if (engine.ExitCode != 0 || ServerError(engine.Output) is not null)
        {
            throw new DevcontainerException(Codes.EngineUnreachable, ServerError(engine.Output) ?? engine.Reason);
        }

        if (builder is not null && HasContainerdStore(engine.Output))
        {
            reporter.Detail($"Builder {builder.Name}: the engine's own (containerd image store), {builder.Status}.");
            return builder;
        }

        string name = builder?.Name ?? "default";
        if (Find(builders, DefaultName) is { } own)
        {
            return own;
        }

        try
        {
            reporter.Status($"The builder '{name}' cannot export OCI layouts (classic image store): creating the builder '{DefaultName}'.");
            return await CreateAsync(DefaultName, request with { Driver = ContainerDriver, Nodes = [] }, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.BuilderNotCreated)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.BuilderCannotExport, null, name, e.Message), e);
        }
    }

    private async Task<Builder> CreateAsync(string name, BuilderRequest request, CancellationToken cancellationToken)
    {
        string? configuration = request.ConfigFile;
        DirectoryInfo? temporary = null;
        try
        {
            if (configuration is null && Configuration(request) is { Length: > 0 } text)
            {
                // buildx keeps a copy of its own. Nobody else may read ours.
                temporary = Directory.CreateTempSubdirectory("devcontainer-builder-");
                configuration = Path.Combine(temporary.FullName, "buildkitd.toml");
                await File.WriteAllTextAsync(configuration, text, cancellationToken).ConfigureAwait(false);
            }

            string driver = request.Driver ?? ContainerDriver;
            IReadOnlyList<BuilderNode> nodes = request.Nodes.Count > 0 ? request.Nodes : [new BuilderNode(string.Empty, null, null, null, [])];
            for (int i = 0; i < nodes.Count; i++)
            {
                List<string> arguments = CreateArguments(name, request, nodes[i], driver, configuration);
                if (i > 0)
                {
                    arguments.Insert(2, "--append");
                }

                await RunOrThrowAsync(name, arguments, cancellationToken).ConfigureAwait(false);
            }

            try
            {
                await RunOrThrowAsync(name, ["buildx", "inspect", "--bootstrap", "--builder", name], cancellationToken).ConfigureAwait(false);
            }
            catch (DevcontainerException)
            {
                // A builder that never ran is not left behind for the next build to trip over.
                await docker.CaptureAsync(["buildx", "rm", "--force", name], DockerCommand.ProbeTimeout, CancellationToken.None).ConfigureAwait(false);
                throw;
            }

            reporter.Detail($"Created the builder {name} ({driver}).");
            return new Builder(name, driver, "running");
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    private async Task RunOrThrowAsync(string name, List<string> arguments, CancellationToken cancellationToken)
    {
        CommandOutput output = await docker.CaptureAsync(arguments, CreateTimeout, cancellationToken).ConfigureAwait(false);
        if (output.ExitCode != 0)
        {
            throw new DevcontainerException(Codes.BuilderNotCreated, name, output.Reason);
        }
    }

    private static List<string> CreateArguments(string name, BuilderRequest request, BuilderNode node, string driver, string? configuration)
    {
        var arguments = new List<string> { "buildx", "create", "--name", name, "--driver", node.Driver ?? driver };
        Add(arguments, "--node", node.Name);
        Add(arguments, "--platform", node.Platforms);
        Add(arguments, "--buildkitd-config", configuration);
        foreach (string option in request.DriverOptions)
        {
            Add(arguments, "--driver-opt", option);
        }

        foreach (string option in node.DriverOptions)
        {
            Add(arguments, "--driver-opt", option);
        }

        if (request.Entitlements.Count > 0)
        {
            Add(arguments, "--buildkitd-flags", string.Join(' ', request.Entitlements.Select(static e => "--allow-insecure-entitlement " + e)));
        }

        if (node.Endpoint.Length > 0)
        {
            arguments.Add(node.Endpoint);
        }

        return arguments;
    }

    private static void Add(List<string> arguments, string option, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            arguments.Add(option);
            arguments.Add(value);
        }
    }

    /// <summary>A buildkitd.toml for what the request asks, empty where it asks nothing (moby/buildkit <c>docs/buildkitd.toml.md</c>).</summary>
    internal static string Configuration(BuilderRequest request)
    {
        var text = new StringBuilder();
        if (request.MaxParallelism is not null || request.KeepStorage is not null)
        {
            text.Append("[worker.oci]\n");
            if (request.MaxParallelism is { } parallelism)
            {
                text.Append(CultureInfo.InvariantCulture, $"  max-parallelism = {parallelism}\n");
            }

            if (request.KeepStorage is { } storage)
            {
                text.Append(CultureInfo.InvariantCulture, $"  gc = true\n  reservedSpace = {Quote(storage)}\n  maxUsedSpace = {Quote(storage)}\n");
            }
        }

        foreach ((string registry, string mirror) in request.RegistryMirrors)
        {
            text.Append(CultureInfo.InvariantCulture, $"[registry.{Quote(registry)}]\n  mirrors = [{Quote(mirror)}]\n");
        }

        return text.ToString();
    }

    // A TOML basic string is written as a JSON string is.
    private static string Quote(string value) => $"\"{JsonEncodedText.Encode(value)}\"";

    private static List<(Builder Builder, bool Current)> Parse(string listing)
    {
        var builders = new List<(Builder, bool)>();
        foreach (string line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith('{'))
            {
                continue;
            }

            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            string status = root.TryGetProperty("Nodes", out JsonElement nodes) && nodes.ValueKind == JsonValueKind.Array && nodes.GetArrayLength() > 0
                && nodes[0].TryGetProperty("Status", out JsonElement value)
                ? value.GetString() ?? string.Empty
                : string.Empty;
            builders.Add((
                new Builder(root.GetProperty("Name").GetString() ?? string.Empty, root.GetProperty("Driver").GetString() ?? string.Empty, status),
                root.TryGetProperty("Current", out JsonElement current) && current.ValueKind == JsonValueKind.True));
        }

        return builders;
    }

    private static Builder? Find(IReadOnlyList<(Builder Builder, bool Current)> builders, string name)
    {
        foreach ((Builder builder, _) in builders)
        {
            if (builder.Name == name)
            {
                return builder;
            }
        }

        return null;
    }

    private static Builder? Current(IReadOnlyList<(Builder Builder, bool Current)> builders)
    {
        foreach ((Builder builder, bool current) in builders)
        {
            if (current)
            {
                return builder;
            }
        }

        return null;
    }

    // `docker info` of some versions ends well without an engine and says so in the answer.
    private static string? ServerError(string information)
    {
        if (!information.StartsWith('{'))
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(information);
        return document.RootElement.TryGetProperty("ServerErrors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
            ? errors[0].GetString()
            : null;
    }
}

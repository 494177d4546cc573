using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>Reads out of a service what an image is built by. What says where an image goes, or what it is called, is the project's to say, and is passed over.</summary>
/// <param name="model">Has the service.</param>
/// <param name="name">Its name.</param>
/// <param name="service">What all files together say of it.</param>
internal sealed class ComposeServiceReader(ComposeModel model, string name, YamlMapping service)
{
    private const string InlineReason = "development container tools read a file; write it into one, and name that in 'dockerfile'";
    private const string ContextsReason = "its files would be in no key; copy them from 'build.context', or use a stage";
    private const string RemoteReason = "what is on another machine may change there at any time; clone it into the repository";

    private readonly string _path = $"services.{JsonText.Escape(name)}";

    /// <summary>A property that is text.</summary>
    internal (string? Text, SourceLocation? Location) Text(string property) => Text(service, property, $"{_path}.{property}");

    /// <summary>The service's <c>build</c>; null where it has none.</summary>
    /// <param name="repository">Knows what is inside.</param>
    /// <exception cref="DevcontainerException">It cannot be read, or not be prebuilt.</exception>
    internal DockerfileBuild? ReadBuild(RepositoryPath repository)
    {
        if (service["build"] is not { } node)
        {
            return null;
        }

        string path = $"{_path}.build";
        YamlMapping build = node as YamlMapping ?? throw Invalid(node, path, "it is neither a path nor a mapping");
        Refuse(build, "dockerfile_inline", InlineReason);
        Refuse(build, "additional_contexts", ContextsReason);

        (string? context, SourceLocation? contextLocation) = Text(build, "context", $"{path}.context");
        (string? dockerfile, SourceLocation? dockerfileLocation) = Text(build, "dockerfile", $"{path}.dockerfile");
        (string? target, SourceLocation? targetLocation) = Text(build, "target", $"{path}.target");
        contextLocation ??= build.Location;
        if (context is not null && ComposeSchema.IsRemote(context))
        {
            throw new DevcontainerException(Codes.ComposeNotSupported, contextLocation, $"'{path}.context'", RemoteReason);
        }

        string folder = repository.Folder(string.IsNullOrEmpty(context) ? "." : context, model.Folder, contextLocation, "The build context");
        var options = new BuildOptionsReader(model.Folder, static (_, _) => null, option => $"'{path}.{PropertyOf(option)}'");
        ReadOptions(build, path, options);
        return new DockerfileBuild
        {
            Dockerfile = repository.File(string.IsNullOrEmpty(dockerfile) ? "Dockerfile" : dockerfile, folder, dockerfileLocation ?? contextLocation, "The Dockerfile"),
            Context = folder,
            Target = string.IsNullOrEmpty(target) ? null : target,
            Args = [.. Arguments(build, path)],
            CacheFrom = [.. Texts(build, "cache_from", path).Select(static cache => cache.Text)],
            Options = options.Options,
            DockerfileLocation = dockerfileLocation ?? contextLocation,
            ContextLocation = contextLocation,
            TargetLocation = targetLocation,
        };
    }

    private void ReadOptions(YamlMapping build, string path, BuildOptionsReader options)
    {
        foreach ((string label, YamlScalar value) in Pairs(build, "labels", path))
        {
            options.Read("--label", $"{label}={value.Text}", value.Location);
        }

        foreach ((string property, string option) in new[]
        {
            ("entitlements", "--allow"), ("no_cache_filter", "--no-cache-filter"), ("extra_hosts", "--add-host"),
        })
        {
            foreach (YamlScalar value in Texts(build, property, path))
            {
                options.Read(option, value.Text, value.Location);
            }
        }

        foreach ((string property, string option) in new[] { ("network", "--network"), ("shm_size", "--shm-size"), ("no_cache", "--no-cache"), ("pull", "--pull") })
        {
            if (build[property] is { } node)
            {
                options.Read(option, ScalarOf(node, $"{path}.{property}").Text, node.Location);
            }
        }

        // As Compose does: who writes it means it.
        if (build["privileged"] is YamlScalar { Text: "true" } privileged)
        {
            options.Read("--allow", "security.insecure", privileged.Location);
        }

        foreach ((string id, YamlScalar value) in Pairs(build, "ssh", path))
        {
            options.Read("--ssh", value.Text.Length == 0 ? id : $"{id}={value.Text}", value.Location);
        }

        ReadLimits(build, path, options);
        ReadSecrets(build, path, options);
    }

    private static void ReadLimits(YamlMapping build, string path, BuildOptionsReader options)
    {
        foreach ((string limit, YamlNode value) in Mapping(build, "ulimits", path)?.Entries ?? [])
        {
            string text = value is YamlMapping two
                ? $"{ScalarOf(two["soft"] ?? two, $"{path}.ulimits.{limit}.soft").Text}:{ScalarOf(two["hard"] ?? two, $"{path}.ulimits.{limit}.hard").Text}"
                : ScalarOf(value, $"{path}.ulimits.{limit}").Text;
            options.Read("--ulimit", $"{limit}={text}", value.Location);
        }
    }

    private void ReadSecrets(YamlMapping build, string path, BuildOptionsReader options)
    {
        if (build["secrets"] is not { } node)
        {
            return;
        }

        foreach (YamlNode item in (node as YamlSequence ?? throw Invalid(node, $"{path}.secrets", "it is no list")).Items)
        {
            YamlScalar source = ScalarOf(item is YamlMapping { } grant ? grant["source"] ?? grant : item, $"{path}.secrets");
            string id = item is YamlMapping { } named && Text(named, "target", $"{path}.secrets").Text is { Length: > 0 } target ? target : source.Text;
            YamlMapping secret = model.Find("secrets", source.Text) ?? throw Invalid(source, $"{path}.secrets", $"there is no secret '{JsonText.Escape(source.Text)}' in 'secrets' of the file");
            (string? file, _) = Text(secret, "file", $"secrets.{source.Text}.file");
            (string? variable, _) = Text(secret, "environment", $"secrets.{source.Text}.environment");
            if (file is null == variable is null)
            {
                throw Invalid(secret, $"secrets.{JsonText.Escape(source.Text)}", "a secret of a build is a 'file', or a variable of the 'environment'");
            }

            options.Add(new BuildOptionSecret(id, variable, file));
        }
    }

    // Without a value it is what a variable of that name stands for, and nothing where that is not set.
    private IEnumerable<KeyValuePair<string, string>> Arguments(YamlMapping build, string path)
    {
        foreach ((string argument, YamlScalar value) in Pairs(build, "args", path))
        {
            string? text = value.Kind == ScalarKind.Null
                ? model.Variables.Find(argument, isOptional: true, argument, value.Location, $"{path}.args.{argument}")
                : value.Text;
            if (text is not null)
            {
                yield return new(argument, text);
            }
        }
    }

    private void Refuse(YamlMapping build, string property, string reason)
    {
        if (build[property] is { } node and not YamlMapping { Entries.Count: 0 })
        {
            throw new DevcontainerException(Codes.ComposeNotSupported, node.Location, $"'{_path}.build.{property}'", reason);
        }
    }

    private static IEnumerable<KeyValuePair<string, YamlScalar>> Pairs(YamlMapping owner, string property, string path) =>
        Mapping(owner, property, path)?.Entries.Select(entry => KeyValuePair.Create(entry.Key, entry.Value switch
        {
            YamlScalar { Kind: not ScalarKind.Timestamp } scalar => scalar,
            _ => throw Invalid(entry.Value, $"{path}.{property}.{entry.Key}", "it is no text; put quotes around it"),
        })) ?? [];

    private static IEnumerable<YamlScalar> Texts(YamlMapping owner, string property, string path) => owner[property] is not { } node ? []
        : (node as YamlSequence ?? throw Invalid(node, $"{path}.{property}", "it is no list")).Items.Select(item => ScalarOf(item, $"{path}.{property}"));

    private static YamlMapping? Mapping(YamlMapping owner, string property, string path) =>
        owner[property] is not { } node ? null : node as YamlMapping ?? throw Invalid(node, $"{path}.{property}", "it is neither a mapping nor a list of NAME=value");

    private static (string? Text, SourceLocation? Location) Text(YamlMapping owner, string property, string path) => owner[property] switch
    {
        null => (null, null),
        YamlScalar { Kind: ScalarKind.String } scalar when !scalar.Text.Contains('\0', StringComparison.Ordinal) => (scalar.Text, scalar.Location),
        { } node => throw Invalid(node, path, "it is no text; put quotes around it"),
    };

    private static YamlScalar ScalarOf(YamlNode node, string path) => node as YamlScalar ?? throw Invalid(node, path, "it is no single value");

    private static string PropertyOf(string option) => option switch
    {
        "--add-host" => "extra_hosts",
        "--allow" => "entitlements",
        "--label devcontainer.metadata" => "labels.devcontainer.metadata",
        "--label" => "labels",
        "--network" => "network",
        "--no-cache" => "no_cache",
        "--pull" => "pull",
        "--shm-size" => "shm_size",
        "--ssh" => "ssh",
        _ => "ulimits",
    };

    private static DevcontainerException Invalid(YamlNode node, string path, string reason) => new(Codes.ComposeInvalid, node.Location, $"'{JsonText.Escape(path)}'", reason);
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>What a devcontainer-feature.json says (specification, "devcontainer-feature.json properties").</summary>
public sealed record FeatureMetadata
{
    private FeatureMetadata()
    {
    }

    /// <summary>The file's name.</summary>
    public const string FileName = "devcontainer-feature.json";

    /// <summary>The file, or what stands for it in messages.</summary>
    public required string File { get; init; }

    /// <summary>The whole metadata, with old properties at their present place.</summary>
    public required JsonObject Root { get; init; }

    /// <summary>The Feature's own name, safe as a folder name.</summary>
    public required string Id { get; init; }

    /// <summary>Its version, or null.</summary>
    public string? Version { get; init; }

    /// <summary>Its name for people, or null.</summary>
    public string? Name { get; init; }

    /// <summary>What it is, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Where it is documented, or null.</summary>
    public string? DocumentationUrl { get; init; }

    /// <summary>The options it has, in order.</summary>
    public IReadOnlyList<FeatureOption> Options { get; init; } = [];

    /// <summary>Environment variables that it sets in the image, in order, before it is installed.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ContainerEnv { get; init; } = [];

    /// <summary>Ids of Features that it comes after, if they are installed at all.</summary>
    public IReadOnlyList<string> InstallsAfter { get; init; } = [];

    /// <summary>Features that it needs.</summary>
    public IReadOnlyList<FeatureRequest> DependsOn { get; init; } = [];

    /// <summary>Names it had before.</summary>
    public IReadOnlyList<string> LegacyIds { get; init; } = [];

    /// <summary>The name it has now, where it was published under an old one; else null.</summary>
    public string? CurrentId { get; init; }

    /// <summary>Whether it gets no more updates.</summary>
    public bool Deprecated { get; init; }

    /// <summary>Mounts of the container, each a string or an object.</summary>
    public IReadOnlyList<JsonNode> Mounts { get; init; } = [];

    /// <summary>A script that runs when the container starts, or null.</summary>
    public string? Entrypoint { get; init; }

    /// <summary>Whether the container needs an init process; null where it does not say.</summary>
    public bool? Init { get; init; }

    /// <summary>Whether the container must be privileged; null where it does not say.</summary>
    public bool? Privileged { get; init; }

    /// <summary>Capabilities the container needs.</summary>
    public IReadOnlyList<string> CapAdd { get; init; } = [];

    /// <summary>Security options the container needs.</summary>
    public IReadOnlyList<string> SecurityOpt { get; init; } = [];

    /// <summary>What it says to other tools, or null.</summary>
    public JsonObject? Customizations { get; init; }

    /// <summary>Reads metadata.</summary>
    /// <param name="root">The JSON.</param>
    /// <param name="file">Where it comes from.</param>
    /// <param name="id">The Feature's id as written in the configuration, for messages.</param>
    /// <param name="name">The name to use where the metadata has none: the last part of the id.</param>
    /// <exception cref="DevcontainerException">A value has the wrong type, or the id cannot be a folder name.</exception>
    public static FeatureMetadata Parse(JsonNode root, string file, string id, string name)
    {
        var shape = new JsonShape(file);
        JsonObject json = LegacyProperties.Move(shape.Object(root, ""));
        string ownId = shape.OptionalString(json, "id", "id") ?? name;
        if (!FeatureReference.IsName(ownId))
        {
            throw new DevcontainerException(Codes.FeatureMetadataIdNotValid, json["id"]?.Position.In(file), JsonText.Escape(id), JsonText.Escape(ownId));
        }

        if (json["mounts"] is { } mounts and not JsonNull)
        {
            shape.Expect(mounts, JsonKinds.Array, "mounts");
        }

        return new FeatureMetadata
        {
            File = file,
            Root = json,
            Id = ownId,
            Version = shape.OptionalString(json, "version", "version"),
            Name = shape.OptionalString(json, "name", "name"),
            Description = shape.OptionalString(json, "description", "description"),
            DocumentationUrl = shape.OptionalString(json, "documentationURL", "documentationURL"),
            Options = ReadOptions(json, shape),
            ContainerEnv = shape.TextMap(json, "containerEnv", "containerEnv"),
            InstallsAfter = shape.Strings(json, "installsAfter", "installsAfter"),
            DependsOn = ReadDependencies(json, shape),
            LegacyIds = shape.Strings(json, "legacyIds", "legacyIds"),
            CurrentId = shape.OptionalString(json, "currentId", "currentId"),
            Deprecated = shape.OptionalBoolean(json, "deprecated", "deprecated") ?? false,
            Mounts = json["mounts"] as JsonArray ?? (IReadOnlyList<JsonNode>)[],
            Entrypoint = shape.OptionalString(json, "entrypoint", "entrypoint"),
            Init = shape.OptionalBoolean(json, "init", "init"),
            Privileged = shape.OptionalBoolean(json, "privileged", "privileged"),
            CapAdd = shape.Strings(json, "capAdd", "capAdd"),
            SecurityOpt = shape.Strings(json, "securityOpt", "securityOpt"),
            Customizations = shape.OptionalObject(json, "customizations", "customizations"),
        };
    }

    private static List<FeatureOption> ReadOptions(JsonObject json, JsonShape shape)
    {
        var options = new List<FeatureOption>();
        foreach (JsonProperty property in shape.OptionalObject(json, "options", "options") ?? JsonObject.Empty)
        {
            string path = $"options.{property.Name}";
            JsonObject option = shape.Object(property.Value, path);
            JsonNode? defaultValue = option["default"];
            if (defaultValue is not null)
            {
                shape.Expect(defaultValue, JsonShape.TextKinds, path + ".default");
            }

            options.Add(new FeatureOption(
                property.Name,
                shape.OptionalString(option, "type", path + ".type") ?? "string",
                defaultValue,
                option["enum"] is null ? null : shape.Strings(option, "enum", path + ".enum"),
                shape.Strings(option, "proposals", path + ".proposals")));
        }

        return options;
    }

    private static List<FeatureRequest> ReadDependencies(JsonObject json, JsonShape shape)
    {
        var requests = new List<FeatureRequest>();
        foreach (JsonProperty property in shape.OptionalObject(json, "dependsOn", "dependsOn") ?? JsonObject.Empty)
        {
            shape.Expect(property.Value, JsonShape.TextKinds | JsonKinds.Object, $"dependsOn.{property.Name}");
            requests.Add(new FeatureRequest(property.Name, property.Value, property.Position.In(shape.File)));
        }

        return requests;
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// What an image says about the containers made of it, in its label <c>devcontainer.metadata</c> (specification, "Image metadata"): a list of
/// entries, from the base image's to the configuration's own. Later ones win where they speak of the same.
/// </summary>
/// <param name="Entries">The entries, variables not replaced.</param>
public sealed record ImageMetadata(IReadOnlyList<JsonObject> Entries)
{
    /// <summary>The label's name.</summary>
    public const string Label = "devcontainer.metadata";

    /// <summary>What an entry keeps of a Feature, in this order (devcontainers/cli, src/spec-node/imageMetadata.ts, pickFeatureProperties).</summary>
    private static readonly string[] OfFeatures =
    [
        "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand",
        "init", "privileged", "capAdd", "securityOpt", "entrypoint", "mounts", "customizations",
    ];

    /// <summary>What an entry keeps of a configuration, in this order (devcontainers/cli, src/spec-node/imageMetadata.ts, pickConfigProperties).</summary>
    private static readonly string[] OfConfigurations =
    [
        "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand",
        "waitFor", "customizations", "mounts", "containerEnv", "containerUser", "init", "privileged", "capAdd", "securityOpt", "remoteUser",
        "userEnvProbe", "remoteEnv", "overrideCommand", "portsAttributes", "otherPortsAttributes", "forwardPorts", "shutdownAction",
        "updateRemoteUserUID", "hostRequirements",
    ];

    /// <summary>The metadata of an image that has none.</summary>
    public static ImageMetadata Empty { get; } = new([]);

    /// <summary>Reads an image's label. One that cannot be read counts as none, as for other tools, but with a warning.</summary>
    /// <param name="label">The label's text, or null.</param>
    /// <param name="image">The image, for the warning.</param>
    /// <param name="warnings">Gets the warning.</param>
    public static ImageMetadata Parse(string? label, string image, ICollection<Diagnostic> warnings)
    {
        if (string.IsNullOrEmpty(label))
        {
            return Empty;
        }

        string reason;
        try
        {
            switch (JsonNode.Parse(label, Label))
            {
                case JsonArray array when array.All(entry => entry is JsonObject):
                    return new ImageMetadata([.. array.Cast<JsonObject>()]);
                case JsonObject entry:
                    return new ImageMetadata([entry]);
                default:
                    reason = "it is not an array of objects";
                    break;
            }
        }
        catch (DevcontainerException e)
        {
            reason = e.Message;
        }

        warnings.Add(Diagnostic.Create(Codes.ImageMetadataIgnored, null, JsonText.Escape(image), reason));
        return Empty;
    }

    /// <summary>The metadata of the image that is built over this one's: with an entry for each Feature and one for the configuration.</summary>
    /// <param name="features">The Features in the order of installation.</param>
    /// <param name="configuration">The configuration.</param>
    public ImageMetadata With(IReadOnlyList<ResolvedFeature> features, DevcontainerConfiguration configuration)
    {
        var entries = new List<JsonObject>(Entries.Count + features.Count + 1);
        entries.AddRange(Entries);
        foreach (ResolvedFeature feature in features)
        {
            var id = new JsonProperty("id", new JsonString(feature.Id));
            entries.Add(new JsonObject(Pick(feature.Metadata.Root, OfFeatures).Prepend(id)));
        }

        entries.Add(new JsonObject(Pick(configuration.Raw, OfConfigurations)));
        entries.RemoveAll(entry => entry.Count == 0);
        return new ImageMetadata(entries);
    }

    /// <summary>The label's exact text as the reference CLI's builds leave it; null where there is nothing to say, and then there is no label.</summary>
    public string? ToLabel() => Entries.Count == 0 ? null : $"[ {string.Join(", ", Entries.Select(entry => entry.ToJson()))} ]";

    /// <summary>The configuration and this metadata in one, as <c>devcontainer read-configuration --include-merged-configuration</c> gives it.</summary>
    /// <param name="configuration">The configuration, whose own entry is the last of this metadata.</param>
    public JsonObject Merge(DevcontainerConfiguration configuration) => MergedConfiguration.Create(
        configuration.Root, [.. Entries.Select(entry => (JsonObject)configuration.Substitution.Replace(entry, place: null))]);

    private static IEnumerable<JsonProperty> Pick(JsonObject properties, string[] names)
    {
        foreach (string name in names)
        {
            if (properties.TryGet(name, out JsonNode? value))
            {
                yield return new JsonProperty(name, value);
            }
        }
    }
}

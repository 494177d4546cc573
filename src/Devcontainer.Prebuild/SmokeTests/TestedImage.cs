using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>An image whose tests are run, with all its blobs here.</summary>
/// <param name="Reference">The image by its digest, for messages.</param>
/// <param name="Layout">Has its blobs.</param>
/// <param name="Platforms">Its platforms.</param>
internal sealed record TestedImage(string Reference, OciLayout Layout, IReadOnlyList<TestedPlatform> Platforms)
{
    /// <summary>The image of an output folder.</summary>
    internal static TestedImage Of(Receipt receipt, OciLayout layout) => new(
        receipt.Image.Reference,
        layout,
        [
            .. receipt.Platforms.Select(platform => TestedPlatform.Of(
                Platform.Parse(platform.Platform), platform.Manifest, layout.ReadConfig(layout.ReadManifest(platform.Manifest)))),
        ]);
}

/// <summary>The image of one platform whose tests are run.</summary>
/// <param name="Platform">The platform.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Metadata">
/// What its label says of containers. Only users, variables and commands of it are used: what would give a container more rights or files of the machine
/// (<c>privileged</c>, <c>capAdd</c>, <c>securityOpt</c>, <c>mounts</c>) is the image's wish, and whoever tests an image does not trust it yet.
/// </param>
internal sealed record TestedPlatform(Platform Platform, Descriptor Manifest, ImageMetadata Metadata)
{
    /// <summary>Who works in a container; null for whom the image names.</summary>
    internal string? User => Last("remoteUser") ?? Last("containerUser");

    /// <summary>The variables of a container, but for those that stand for something of the machine or of another variable.</summary>
    internal IReadOnlyDictionary<string, string> Variables
    {
        get
        {
            var variables = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty variable in Metadata.Entries.SelectMany(static entry => entry["containerEnv"] as JsonObject ?? JsonObject.Empty))
            {
                if (variable.Value is JsonString { Value: var value } && !value.Contains("${", StringComparison.Ordinal))
                {
                    variables[variable.Name] = value;
                }
            }

            return variables;
        }
    }

    /// <summary>Reads the label of a configuration.</summary>
    /// <exception cref="DevcontainerException">The label cannot be read: then nobody can tell who works in a container.</exception>
    internal static TestedPlatform Of(Platform platform, Descriptor manifest, ImageConfig config)
    {
        var warnings = new List<Diagnostic>();
        ImageMetadata metadata = ImageMetadata.Parse(config.Config.Labels.GetValueOrDefault(ImageMetadata.Label), platform.ToString(), warnings);
        return warnings.Count == 0 ? new TestedPlatform(platform, manifest, metadata) : throw new DevcontainerException(warnings[0]);
    }

    private string? Last(string name) =>
        Metadata.Entries.Select(entry => entry.GetString(name)).LastOrDefault(static user => !string.IsNullOrEmpty(user));
}

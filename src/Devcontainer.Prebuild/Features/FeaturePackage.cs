using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Features;

/// <summary>A Feature as it is published, whole in memory: a manifest and its one layer, or a file alone (specification, "Distribution"). They are verified.</summary>
/// <param name="Manifest">The bytes of the manifest; null for a file on a web server, which has none.</param>
/// <param name="Archive">The bytes of the layer, or of the file.</param>
internal sealed record FeaturePackage(ReadOnlyMemory<byte>? Manifest, byte[] Archive)
{
    private const string ConfigType = "application/vnd.devcontainers";
    private const string LayerType = "application/vnd.devcontainers.layer.v1+tar";

    /// <summary>The layer that has the files.</summary>
    /// <param name="manifest">The bytes of the manifest.</param>
    /// <param name="origin">Where it came from, for messages.</param>
    /// <exception cref="DevcontainerException">DEVC2017: it is no manifest of a Feature.</exception>
    internal static Descriptor LayerOf(ReadOnlyMemory<byte> manifest, string origin)
    {
        ImageManifest parsed;
        try
        {
            parsed = ImageManifest.Parse(manifest, origin);
        }
        catch (DevcontainerException e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FeatureContentInvalid, null, origin, e.Message), e);
        }

        // Either says what it is: some publishers push with tools that know only one of them.
        return parsed.Layers is [var layer, ..] && (parsed.Config.MediaType == ConfigType || layer.MediaType == LayerType)
            ? layer
            : throw new DevcontainerException(Codes.FeatureContentInvalid, origin, $"its configuration is of the type '{parsed.Config.MediaType}', and a Feature's of '{ConfigType}'");
    }
}

using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>Registries that stand in for others (DevcontainerRegistryMirrors).</summary>
internal static class Mirrors
{
    /// <summary>The reference at its mirror; itself where it has none.</summary>
    internal static ImageReference Apply(ImageReference reference, IReadOnlyList<KeyValuePair<string, string>> mirrors)
    {
        foreach ((string registry, string mirror) in mirrors)
        {
            if (string.Equals(registry, reference.Registry, StringComparison.OrdinalIgnoreCase))
            {
                string suffix = reference.Digest is { } digest ? $"@{digest}" : $":{reference.Tag}";
                return ImageReference.Parse($"{mirror}/{reference.Repository}{suffix}");
            }
        }

        return reference;
    }
}

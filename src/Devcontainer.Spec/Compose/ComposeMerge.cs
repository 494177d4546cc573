using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>Puts what a later file, or one that extends, says over what was there (Compose specification, "Merge").</summary>
internal static class ComposeMerge
{
    /// <summary>Merges: mappings by name, sequences one after the other, scalars replaced. Lists of names and values are mappings already.</summary>
    /// <param name="below">What was there; null for nothing.</param>
    /// <param name="above">What comes over it.</param>
    /// <param name="path">Where, for messages.</param>
    /// <returns>Null where it is taken away.</returns>
    /// <exception cref="DevcontainerException">DEVC1011: one cannot come over the other.</exception>
    internal static YamlNode? Merge(YamlNode? below, YamlNode above, string path)
    {
        if (above.Tag == MergeTag.Reset)
        {
            return null;
        }

        switch (below, above)
        {
            case (YamlMapping, YamlMapping) or (null, YamlMapping):
                var over = (YamlMapping)above;
                var entries = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
                if (below is YamlMapping under && above.Tag != MergeTag.Override)
                {
                    foreach ((string name, YamlNode value) in under.Entries)
                    {
                        entries[name] = value;
                    }
                }

                foreach ((string name, YamlNode value) in over.Entries)
                {
                    if (Merge(entries.GetValueOrDefault(name), value, $"{path}.{name}") is { } merged)
                    {
                        entries[name] = merged;
                    }
                    else
                    {
                        entries.Remove(name);
                    }
                }

                return new YamlMapping(entries, above.Location);
            case (null, _) or (_, { Tag: MergeTag.Override }):
                return above;
            case (not null, YamlScalar { Kind: ScalarKind.Null }):
                return below;
            case (YamlScalar { Kind: ScalarKind.Null }, _) or (YamlScalar, YamlScalar):
                return above;
            case (YamlSequence first, YamlSequence second):
                return new YamlSequence([.. first.Items, .. second.Items], above.Location);

            // A limit is one number or two, and the later one stands for the earlier.
            default:
                return path.Contains(".ulimits.", StringComparison.Ordinal) ? above : throw new DevcontainerException(
                    Codes.ComposeInvalid, above.Location, $"'{path}'", $"it is of another kind than in {below.Location.File}, line {below.Location.Line}, and cannot come over that");
        }
    }
}

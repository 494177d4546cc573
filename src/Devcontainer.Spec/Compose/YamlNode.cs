using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>How a value of a later file goes with that of an earlier one (Compose specification, "Merge").</summary>
internal enum MergeTag
{
    /// <summary>By the rules of its place.</summary>
    None,

    /// <summary><c>!reset</c>: there is none.</summary>
    Reset,

    /// <summary><c>!override</c>: this one alone.</summary>
    Override,
}

/// <summary>What a plain scalar is, by its looks (YAML 1.2, "Core Schema", and what Compose's own parser takes besides).</summary>
internal enum ScalarKind
{
    /// <summary>Text.</summary>
    String,

    /// <summary>Nothing.</summary>
    Null,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A date, which Compose takes nowhere.</summary>
    Timestamp,
}

/// <summary>An immutable value of a YAML file that knows where it was written.</summary>
/// <param name="location">Where it begins.</param>
/// <param name="tag">Its tag, of those that Compose has.</param>
internal abstract class YamlNode(SourceLocation location, MergeTag tag)
{
    /// <summary>Where the value begins.</summary>
    internal SourceLocation Location { get; } = location;

    /// <summary>Its tag.</summary>
    internal MergeTag Tag { get; } = tag;
}

/// <summary>A scalar.</summary>
/// <param name="text">Its text; a number's as Compose writes it.</param>
/// <param name="kind">What it is.</param>
/// <param name="location">Where it begins.</param>
/// <param name="tag">Its tag.</param>
internal sealed class YamlScalar(string text, ScalarKind kind, SourceLocation location, MergeTag tag = MergeTag.None) : YamlNode(location, tag)
{
    /// <summary>Its text.</summary>
    internal string Text { get; } = text;

    /// <summary>What it is.</summary>
    internal ScalarKind Kind { get; } = kind;
}

/// <summary>A sequence.</summary>
internal sealed class YamlSequence(IReadOnlyList<YamlNode> items, SourceLocation location, MergeTag tag = MergeTag.None) : YamlNode(location, tag)
{
    /// <summary>Its items.</summary>
    internal IReadOnlyList<YamlNode> Items { get; } = items;
}

/// <summary>A mapping of strings; each name once, in the order of writing.</summary>
internal sealed class YamlMapping(OrderedDictionary<string, YamlNode> entries, SourceLocation location, MergeTag tag = MergeTag.None) : YamlNode(location, tag)
{
    /// <summary>Its entries.</summary>
    internal OrderedDictionary<string, YamlNode> Entries { get; } = entries;

    /// <summary>The value of an entry; null where there is none, or it is nothing.</summary>
    internal YamlNode? this[string name] => Entries.TryGetValue(name, out YamlNode? value) && value is not YamlScalar { Kind: ScalarKind.Null } ? value : null;
}

using System.Collections;

namespace Devcontainer.Spec;

/// <summary>A JSON array.</summary>
public sealed class JsonArray : JsonNode, IReadOnlyList<JsonNode>
{
    private readonly IReadOnlyList<JsonNode> items;

    /// <summary>An array of <paramref name="items"/>, which must not change any more.</summary>
    public JsonArray(IReadOnlyList<JsonNode> items, TextPosition position = default)
        : base(position) => this.items = items;

    /// <inheritdoc/>
    public override JsonKinds Kind => JsonKinds.Array;

    /// <inheritdoc/>
    public int Count => items.Count;

    /// <inheritdoc/>
    public JsonNode this[int index] => items[index];

    /// <inheritdoc/>
    public IEnumerator<JsonNode> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

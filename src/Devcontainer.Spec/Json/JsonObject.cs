using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Devcontainer.Spec;

/// <summary>One property of an object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Position">Where the name is written.</param>
/// <remarks>A class, for lists of structs are compiled anew in every process, and this is read at every build.</remarks>
public sealed record JsonProperty(string Name, JsonNode Value, TextPosition Position = default);

/// <summary>
/// A JSON object. Its properties stand in JavaScript's order: names that are array indices first, ascending, then the others as written
/// (ECMA-262, OrdinaryOwnPropertyKeys). A name written twice keeps its first place and has its last value.
/// </summary>
public sealed class JsonObject : JsonNode, IReadOnlyList<JsonProperty>
{
    /// <summary>Below this, looking through the list is faster than a dictionary.</summary>
    private const int IndexFrom = 12;

    private readonly List<JsonProperty> properties;
    private readonly Dictionary<string, int>? index;

    /// <summary>An object with <paramref name="properties"/> in the order of writing.</summary>
    public JsonObject(IEnumerable<JsonProperty> properties, TextPosition position = default)
        : base(position)
    {
        var list = new List<JsonProperty>();
        Dictionary<string, int>? places = null;
        bool anyIndex = false;
        foreach (JsonProperty property in properties)
        {
            if (places is null && list.Count >= IndexFrom)
            {
                places = IndexOf(list);
            }

            int place = Find(list, places, property.Name);
            if (place >= 0)
            {
                list[place] = property;
                continue;
            }

            places?.Add(property.Name, list.Count);
            list.Add(property);
            anyIndex |= IsArrayIndex(property.Name, out _);
        }

        if (anyIndex)
        {
            list = InJavaScriptOrder(list);
            places = places is null ? null : IndexOf(list);
        }

        this.properties = list;
        index = places;
    }

    /// <summary>The object without properties.</summary>
    public static JsonObject Empty { get; } = new([]);

    /// <inheritdoc/>
    public override JsonKinds Kind => JsonKinds.Object;

    /// <inheritdoc/>
    public int Count => properties.Count;

    /// <inheritdoc/>
    public JsonProperty this[int index] => properties[index];

    /// <summary>The value of a property, or null where there is none.</summary>
    public JsonNode? this[string name]
    {
        get
        {
            int place = Find(properties, index, name);
            return place < 0 ? null : properties[place].Value;
        }
    }

    /// <summary>Whether there is a property of that name.</summary>
    public bool Contains(string name) => Find(properties, index, name) >= 0;

    /// <summary>Gets the value of a property.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out JsonNode? value)
    {
        value = this[name];
        return value is not null;
    }

    /// <summary>The text of a property that is a string, else null.</summary>
    public string? GetString(string name) => (this[name] as JsonString)?.Value;

    /// <summary>This object with one property set; a new one comes last.</summary>
    public JsonObject With(string name, JsonNode value)
    {
        int place = Find(properties, index, name);
        TextPosition position = place < 0 ? value.Position : properties[place].Position;
        return new JsonObject(properties.Append(new JsonProperty(name, value, position)), Position);
    }

    /// <summary>This object without one property.</summary>
    public JsonObject Without(string name) =>
        Contains(name) ? new JsonObject(properties.Where(property => property.Name != name), Position) : this;

    /// <inheritdoc/>
    public IEnumerator<JsonProperty> GetEnumerator() => properties.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static int Find(List<JsonProperty> list, Dictionary<string, int>? places, string name)
    {
        if (places is not null)
        {
            return places.TryGetValue(name, out int place) ? place : -1;
        }

        for (int i = 0; i < list.Count; i++)
        {
            if (list[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static Dictionary<string, int> IndexOf(List<JsonProperty> list)
    {
        var places = new Dictionary<string, int>(list.Count * 2, StringComparer.Ordinal);
        for (int i = 0; i < list.Count; i++)
        {
            places.Add(list[i].Name, i);
        }

        return places;
    }

    private static List<JsonProperty> InJavaScriptOrder(List<JsonProperty> list)
    {
        var indices = new SortedDictionary<uint, JsonProperty>();
        var others = new List<JsonProperty>(list.Count);
        foreach (JsonProperty property in list)
        {
            if (IsArrayIndex(property.Name, out uint number))
            {
                indices.Add(number, property);
            }
            else
            {
                others.Add(property);
            }
        }

        return [.. indices.Values, .. others];
    }

    /// <summary>A canonical decimal number below 2³² − 1.</summary>
    private static bool IsArrayIndex(string name, out uint number)
    {
        number = 0;
        return name.Length is > 0 and <= 10
            && char.IsAsciiDigit(name[0])
            && (name[0] != '0' || name.Length == 1)
            && uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number < uint.MaxValue;
    }
}

using System.Text.Json.Nodes;

namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>Finds the fields in which two configurations of an image differ, the list of its layers aside.</summary>
internal static class ConfigDifferences
{
    private const string Fix = "An argument, a label or a variable takes another value each time: give it one that stays.";

    /// <summary>Finds them, sorted.</summary>
    /// <param name="first">The bytes of one configuration.</param>
    /// <param name="second">Those of the other.</param>
    internal static IReadOnlyList<PathDifference> Find(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        JsonObject one = Parse(first);
        JsonObject other = Parse(second);
        return
        [
            .. Names(one, other).Where(static name => name != "rootfs").SelectMany(name =>
                one[name] is JsonObject inner && other[name] is JsonObject outer
                    ? Names(inner, outer).Where(field => !JsonNode.DeepEquals(inner[field], outer[field])).Select(field => $"{name}.{field}")
                    : JsonNode.DeepEquals(one[name], other[name]) ? [] : [name])
                .Select(static field => new PathDifference(field, "value", Fix)),
        ];
    }

    private static JsonObject Parse(ReadOnlySpan<byte> config) => JsonNode.Parse(config)!.AsObject();

    private static IEnumerable<string> Names(JsonObject one, JsonObject other) =>
        one.Select(static field => field.Key).Union(other.Select(static field => field.Key)).Order(StringComparer.Ordinal);
}

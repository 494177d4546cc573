using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Spec.Tests;

/// <summary>Generators for properties.</summary>
internal static class Arbitrary
{
    public static Arbitrary<double> Doubles { get; } =
        ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).ToArbitrary();

    public static Arbitrary<JsonNode> Json { get; } = Gen.Sized(size => Node(Math.Min(size, 20))).ToArbitrary();

    private static Gen<string> Text { get; } = Gen.Elements("", "a", "b", "ä", "\n", "\"", "\\", "\U0001F600", "\u2028", "$", "1", "02")
        .ListOf().Select(parts => string.Concat(parts));

    private static Gen<string> Name { get; } = Text.Select(text => text.Replace("\n", "n", StringComparison.Ordinal));

    private static Gen<JsonNode> Node(int size)
    {
        Gen<JsonNode> scalar = Gen.OneOf(
            Gen.Constant<JsonNode>(new JsonNull()),
            ArbMap.Default.GeneratorFor<bool>().Select(value => (JsonNode)new JsonBoolean(value)),
            Doubles.Generator.Select(value => (JsonNode)new JsonNumber(value)),
            Text.Select(value => (JsonNode)new JsonString(value)));
        if (size <= 1)
        {
            return scalar;
        }

        Gen<JsonNode> child = Node(size / 3);
        return Gen.OneOf(
            scalar,
            child.ListOf().Select(items => (JsonNode)new JsonArray([.. items])),
            Name.SelectMany(name => child.Select(value => new JsonProperty(name, value))).ListOf()
                .Select(properties => (JsonNode)new JsonObject(properties)));
    }
}

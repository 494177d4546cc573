namespace Devcontainer.Spec;

/// <summary>An option that a Feature has.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type"><c>boolean</c> or <c>string</c>.</param>
/// <param name="Default">Its value where the user gives none; null where it then is not set.</param>
/// <param name="Enum">The only values it may have; null where every value is allowed.</param>
/// <param name="Proposals">Values suggested to people; others are allowed.</param>
public sealed record FeatureOption(string Name, string Type, JsonNode? Default, IReadOnlyList<string>? Enum, IReadOnlyList<string> Proposals);

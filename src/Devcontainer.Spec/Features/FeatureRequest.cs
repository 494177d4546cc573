using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>A Feature asked for: by a configuration, or by another Feature that depends on it.</summary>
/// <param name="Id">The id as written.</param>
/// <param name="Options">The value as written, variables replaced: an object of options, or one value for the option <c>version</c>.</param>
/// <param name="Location">Where the id is written.</param>
public sealed record FeatureRequest(string Id, JsonNode Options, SourceLocation Location);

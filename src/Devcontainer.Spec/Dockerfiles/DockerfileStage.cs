using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>A build stage as written: its FROM and what follows until the next one.</summary>
/// <param name="Index">Zero-based, in the order of the file.</param>
/// <param name="From">The FROM that begins it.</param>
/// <param name="Instructions">What follows, in order, without the FROM.</param>
public sealed record DockerfileStage(int Index, FromInstruction From, IReadOnlyList<DockerfileInstruction> Instructions)
{
    /// <summary>The name in lower case; null where it has none.</summary>
    public string? Name => From.StageName;

    /// <summary>Where its FROM stands.</summary>
    public SourceLocation Location => From.Location;

    /// <summary>How messages call it: its name, or its number.</summary>
    public string DisplayName => Name ?? Index.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

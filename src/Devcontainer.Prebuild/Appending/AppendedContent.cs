using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Appending;

/// <summary>What is put on the environment image of one platform: layers and the variables that go with them, always together.</summary>
internal sealed record AppendedContent
{
    /// <summary>Nothing: the environment image is the image.</summary>
    internal static AppendedContent None { get; } = new();

    /// <summary>The layers, the lowest first.</summary>
    public IReadOnlyList<AppendedLayer> Layers { get; init; } = [];

    /// <summary>The variables, in order of setting.</summary>
    public IReadOnlyList<AppendedVariable> Variables { get; init; } = [];

    /// <summary>The packages that the layers have, for the SBOM.</summary>
    public IReadOnlyList<ImagePackage> Packages { get; init; } = [];

    /// <summary>This, and on it another one.</summary>
    internal AppendedContent With(AppendedContent upper) => new()
    {
        Layers = [.. Layers, .. upper.Layers],
        Variables = [.. Variables, .. upper.Variables],
        Packages = [.. Packages, .. upper.Packages],
    };
}

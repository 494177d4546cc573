using Devcontainer.Oci;
using Devcontainer.Prebuild.Jobs;

namespace Devcontainer.Prebuild.Appending;

/// <summary>A tier of the image that needs no engine: it makes layers that are put on the environment image.</summary>
internal interface IAppendedTier
{
    /// <summary>Makes the layers of platforms.</summary>
    /// <returns>What is put on the environment image of each; a platform that gets nothing may be missing.</returns>
    /// <exception cref="Diagnostics.DevcontainerException">They cannot be made.</exception>
    Task<IReadOnlyDictionary<Platform, AppendedContent>> MakeAsync(AppendRequest request, CancellationToken cancellationToken);
}

/// <summary>What a tier makes its layers for, and with.</summary>
internal sealed record AppendRequest
{
    /// <summary>The platforms.</summary>
    public required IReadOnlyList<Platform> Platforms { get; init; }

    /// <summary>Their environment images, once they are there: a tier that needs none of them works while the engine builds.</summary>
    public required Task<IReadOnlyList<EnvironmentImage>> Images { get; init; }

    /// <summary>Layers that need not be made again.</summary>
    public required KnownLayers Known { get; init; }

    /// <summary>Gets the layers' blobs.</summary>
    public required OciLayout Layout { get; init; }

    /// <summary>An empty folder for what is in the making; it is deleted afterwards.</summary>
    public required string Staging { get; init; }

    /// <summary>Runs the jobs.</summary>
    public required JobRunner Jobs { get; init; }
}

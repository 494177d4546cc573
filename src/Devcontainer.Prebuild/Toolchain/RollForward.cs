namespace Devcontainer.Prebuild.Toolchain;

/// <summary>Which SDKs global.json takes in place of the version that it names (learn.microsoft.com, "global.json overview", rollForward).</summary>
internal enum RollForward
{
    /// <summary>None.</summary>
    Disable,

    /// <summary>A later patch of the same feature band, where the version itself is not there.</summary>
    Patch,

    /// <summary>The nearest feature band of the same minor version that has any.</summary>
    Feature,

    /// <summary>The nearest minor version and feature band of the same major version.</summary>
    Minor,

    /// <summary>The nearest of all that are later.</summary>
    Major,

    /// <summary>The latest patch of the feature band.</summary>
    LatestPatch,

    /// <summary>The latest of the minor version.</summary>
    LatestFeature,

    /// <summary>The latest of the major version.</summary>
    LatestMinor,

    /// <summary>The latest.</summary>
    LatestMajor,
}

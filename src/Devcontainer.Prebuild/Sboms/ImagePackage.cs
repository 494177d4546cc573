namespace Devcontainer.Prebuild.Sboms;

/// <summary>A package that an image has.</summary>
internal sealed record ImagePackage
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its whole version; null where it has none.</summary>
    public required string? Version { get; init; }

    /// <summary>Its package URL, which is also its identity: found twice, it is listed once. Null for the operating system.</summary>
    public required string? Purl { get; init; }

    /// <summary>Whether it is the operating system, which is listed, but not as one of the packages.</summary>
    public bool IsOperatingSystem { get; init; }

    /// <summary>Who supplied it, <c>name &lt;address&gt;</c>.</summary>
    public string? Maintainer { get; init; }

    /// <summary>One line on what it is.</summary>
    public string? Summary { get; init; }

    /// <summary>Its web site.</summary>
    public string? Homepage { get; init; }

    /// <summary>Where it came from, in words.</summary>
    public string? SourceInfo { get; init; }

    /// <summary>What it says its licence is; null where it says nothing that a program can read.</summary>
    public License? License { get; init; }
}

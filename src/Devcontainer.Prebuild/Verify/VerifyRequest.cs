using Devcontainer.Prebuild.Signing;
using Devcontainer.Prebuild.SmokeTests;

namespace Devcontainer.Prebuild.Verify;

/// <summary>What an image is verified for.</summary>
public sealed record VerifyRequest
{
    /// <summary>Absolute path of the output folder, whose image it is where none is named.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Absolute path of devcontainer.json.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>The image: registry, repository, and a tag or a digest; null for the one of the output folder.</summary>
    public string? Image { get; init; }

    /// <summary>Names of the gates; empty for the usual ones.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];

    /// <summary>Which findings keep the image from passing.</summary>
    public GatePolicy Policy { get; init; } = new();

    /// <summary>Whose signature it must have.</summary>
    public required SignatureSettings Signatures { get; init; }

    /// <summary>What must have built it, and from what.</summary>
    public ProvenancePolicy Provenance { get; init; } = new();

    /// <summary>Tests that are run in it.</summary>
    public SmokeTestSettings Tests { get; init; } = new();

    /// <summary>How registries are reached.</summary>
    public required RegistrySettings Registries { get; init; }

    /// <summary>The most bytes of a platform's layers and configuration, as stored; null for any.</summary>
    public long? MaxSize { get; init; }

    /// <summary>By how many percent a platform may have grown since the image before; null for any.</summary>
    public double? MaxSizeIncrease { get; init; }

    /// <summary>The image that it is compared with: a digest or tag of the same repository, or a reference; null for the one that was published before.</summary>
    public string? CompareFrom { get; init; }

    /// <summary>How many days old the newest of what a gate knows of vulnerabilities may be; null for what is usual for the gate.</summary>
    public int? MaxDataDays { get; init; }

    /// <summary>Absolute path of the file with the waivers; null for the usual one, if it is there.</summary>
    public string? WaiverFile { get; init; }
}

using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>
/// What an environment image has that matters to .NET, by its configuration and its SBOM: its layers need not be here. Without an SBOM
/// (<c>GenerateDevcontainerSbom=false</c>, which is in the key for that) it has the C library of most images, and the SDK that its variables name.
/// </summary>
internal sealed record EnvironmentFacts
{
    // dotnet/dotnet-docker sets it in images of the SDK.
    private const string SdkVariable = "DOTNET_SDK_VERSION=";

    /// <summary><c>glibc</c> or <c>musl</c>.</summary>
    public required string Libc { get; init; }

    /// <summary>The SDKs that it has.</summary>
    public required IReadOnlyList<SdkVersion> Sdks { get; init; }

    /// <summary>Whether its configuration has a <c>PATH</c>: where it has none, an engine's own is used, and must not be lost.</summary>
    public required bool HasPath { get; init; }

    /// <summary>The SDK of the image that will do; null for none.</summary>
    internal SdkVersion? Sdk(SdkSelection selection) => selection.Select(Sdks);

    /// <summary>Reads them.</summary>
    /// <param name="image">The image.</param>
    /// <param name="layout">Has its configuration.</param>
    internal static EnvironmentFacts Of(EnvironmentImage image, OciLayout layout)
    {
        IReadOnlyList<string> variables = layout.ReadConfig(layout.ReadManifest(image.Manifest)).Config.Env;
        IReadOnlyList<SpdxPackage> packages = image.Sbom is { } sbom ? [.. SpdxReader.ReadPackages(sbom.Json).Select(static package => package.Value)] : [];
        var sdks = new List<SdkVersion>();
        foreach (string? text in packages.Where(static package => package.Name == "dotnet-sdk").Select(static package => package.Version)
            .Concat(variables.Where(static variable => variable.StartsWith(SdkVariable, StringComparison.Ordinal)).Select(static variable => variable[SdkVariable.Length..])))
        {
            if (SdkVersion.TryParse(text, out SdkVersion? version))
            {
                sdks.Add(version);
            }
        }

        return new EnvironmentFacts
        {
            Libc = packages.Any(static package => package.Purl?.StartsWith("pkg:apk/", StringComparison.Ordinal) == true) ? "musl" : "glibc",
            Sdks = sdks,
            HasPath = variables.Any(static variable => variable.StartsWith("PATH=", StringComparison.Ordinal)),
        };
    }
}

namespace Devcontainer.Prebuild.Sboms;

/// <summary>The software bill of materials of one platform's image.</summary>
/// <param name="Json">The SPDX 2.3 document in JSON: the same bytes for the same image and request, always.</param>
/// <param name="PackageCount">How many packages were found in the image, plus the Features; the image itself, its operating system and its
/// bases are not counted.</param>
public sealed record Sbom(byte[] Json, int PackageCount);

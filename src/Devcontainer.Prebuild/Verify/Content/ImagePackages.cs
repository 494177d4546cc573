using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Verify.Content;

/// <summary>
/// The packages of an image: as the SBOM lists them that its index attests, which the digest covers; where there is none, as they are found in the layers.
/// </summary>
/// <param name="client">Asks the registry.</param>
/// <param name="attestations">What the index attests.</param>
/// <param name="layout">The layout of the output folder, which may have the layers; null for none.</param>
internal sealed class ImagePackages(RegistryClient client, ImageAttestations attestations, OciLayout? layout)
{
    /// <summary>The package URLs of a platform.</summary>
    /// <exception cref="DevcontainerException">DEVC6004: its SBOM cannot be read; DEVC6005: something of it is gone; or what reading layers throws.</exception>
    internal async Task<IReadOnlyList<string>> ReadAsync(VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken)
    {
        if (await AttestedAsync(image, platform, cancellationToken).ConfigureAwait(false) is { } attested)
        {
            return attested;
        }

        IReadOnlyList<ImagePackage> packages = layout is not null && platform.Manifest.Layers.All(layout.Contains)
            ? await SbomGenerator.ReadPackagesAsync(layout, platform.Manifest.Layers, cancellationToken).ConfigureAwait(false)
            : await FetchAsync(image.Reference, platform, cancellationToken).ConfigureAwait(false);
        return [.. packages.Select(static package => package.Purl).OfType<string>()];
    }

    private async Task<IReadOnlyList<string>?> AttestedAsync(VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken)
    {
        IReadOnlyList<AttestedStatement> statements = await attestations.ReadAsync(image, platform, cancellationToken).ConfigureAwait(false);
        if (statements.FirstOrDefault(static statement => statement.PredicateType == InTotoStatement.Spdx) is not { } sbom)
        {
            return null;
        }

        try
        {
            return [.. sbom.Predicate.GetProperty("packages").EnumerateArray().SelectMany(PurlsOf)];
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.VerifyToolFailed, null, "The SBOM", image.Reference, e.Message.TrimEnd('.')), e);
        }
    }

    private static IEnumerable<string> PurlsOf(JsonElement package) => package.TryGetProperty("externalRefs", out JsonElement references)
        ? references.EnumerateArray()
            .Where(static reference => reference.GetProperty("referenceType").ValueEquals("purl"))
            .Select(static reference => reference.GetProperty("referenceLocator").GetString()).OfType<string>()
        : [];

    // Nobody lists its packages, so its layers are read more than once: they have to be here.
    private async Task<IReadOnlyList<ImagePackage>> FetchAsync(ImageReference image, VerifiedPlatform platform, CancellationToken cancellationToken)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("devcontainer-verify-");
        try
        {
            OciLayout fetched = OciLayout.Create(folder.FullName);
            return await client.PullAsync(image, platform.Descriptor, fetched, cancellationToken).ConfigureAwait(false)
                ? await SbomGenerator.ReadPackagesAsync(fetched, platform.Manifest.Layers, cancellationToken).ConfigureAwait(false)
                : throw new DevcontainerException(Codes.VerifyImageGone, image.WithDigest(platform.Descriptor.Digest));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

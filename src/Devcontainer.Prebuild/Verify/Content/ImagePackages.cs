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
/// <param name="layout">The layout of the output folder, which may have the layers; null for none.</param>
internal sealed class ImagePackages(RegistryClient client, OciLayout? layout)
{
    /// <summary>The package URLs of a platform.</summary>
    /// <exception cref="DevcontainerException">DEVC6004: its SBOM cannot be read; DEVC6005: something of it is gone; or what reading layers throws.</exception>
    internal async Task<IReadOnlyList<string>> ReadAsync(VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken)
    {
        if (image.Attestations.GetValueOrDefault(platform.Descriptor.Digest) is { } entry
            && await AttestedAsync(image.Reference, entry, cancellationToken).ConfigureAwait(false) is { } attested)
        {
            return attested;
        }

        IReadOnlyList<ImagePackage> packages = layout is not null && platform.Manifest.Layers.All(layout.Contains)
            ? await SbomGenerator.ReadPackagesAsync(layout, platform.Manifest.Layers, cancellationToken).ConfigureAwait(false)
            : await FetchAsync(image.Reference, platform, cancellationToken).ConfigureAwait(false);
        return [.. packages.Select(static package => package.Purl).OfType<string>()];
    }

    private async Task<IReadOnlyList<string>?> AttestedAsync(ImageReference image, Descriptor entry, CancellationToken cancellationToken)
    {
        RegistryManifest manifest = await client.GetManifestAsync(image.WithDigest(entry.Digest), cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.VerifyImageGone, image.WithDigest(entry.Digest));
        if (AttestationManifest.SbomOf(ImageManifest.Parse(manifest.Bytes, entry.Digest.Value)) is not { } statement)
        {
            return null;
        }

        byte[] json = await client.GetBlobAsync(image, statement, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.VerifyImageGone, image.WithDigest(statement.Digest));
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return [.. document.RootElement.GetProperty("predicate").GetProperty("packages").EnumerateArray().SelectMany(PurlsOf)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.VerifyToolFailed, null, "The SBOM", image, e.Message.TrimEnd('.')), e);
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

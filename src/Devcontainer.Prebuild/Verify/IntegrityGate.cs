using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// All that a registry says of the image is about this image: what its index attests, the receipts and SBOMs that refer to it, the tags of its keys, and the tags
/// that it was published under.
/// </summary>
/// <param name="client">Asks the registry.</param>
/// <param name="attestations">What the index attests.</param>
/// <param name="outputPath">The output folder that published the image; null where the image was named.</param>
internal sealed class IntegrityGate(RegistryClient client, ImageAttestations attestations, string? outputPath) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "integrity";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        int statements = await CheckAttestationsAsync(image, findings, cancellationToken).ConfigureAwait(false);
        var receipts = new List<Receipt>();
        var index = new Descriptor(MediaTypes.ImageIndex, image.Reference.Digest!.Value, 0);
        await foreach (SharedReceipt? found in ReceiptArtifact.ReadAllAsync(client, image.Reference, index, cancellationToken).ConfigureAwait(false))
        {
            if (Check(image, found) is { } reason)
            {
                findings.Add(Create("receipt", FindingSeverity.High, Codes.ReceiptDiffers, image.Reference, reason));
            }
            else
            {
                receipts.Add(found!.Receipt);
            }
        }

        // The same image may have several keys, and a receipt with each.
        foreach (Receipt receipt in receipts)
        {
            await CheckSbomsAsync(image, receipt, findings, cancellationToken).ConfigureAwait(false);
            await CheckKeysAsync(image, receipt, findings, cancellationToken).ConfigureAwait(false);
        }

        int tags = await CheckTagsAsync(image, findings, cancellationToken).ConfigureAwait(false);
        string[] seen =
        [
            "index", Count(image.Platforms.Count, "manifest"), Count(statements, "attestation"),
            .. receipts.Count == 0 ? ["no receipt"] : new[] { "receipt", "keys" },
            .. tags == 0 ? [] : new[] { Count(tags, "tag") },
        ];
        return GateResult.Of(string.Join(", ", seen), findings);
    }

    private async Task<int> CheckAttestationsAsync(VerifiedImage image, List<Finding> findings, CancellationToken cancellationToken)
    {
        int count = 0;
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            foreach (AttestedStatement statement in await attestations.ReadAsync(image, platform, cancellationToken).ConfigureAwait(false))
            {
                count++;
                if (!statement.IsAbout(platform.Descriptor.Digest))
                {
                    string subjects = string.Join(", ", statement.Subjects);
                    findings.Add(Create("attestation", FindingSeverity.Critical, Codes.AttestationDiffers, image.Reference, statement.PredicateType, platform.Platform, subjects)
                        with { Platforms = [platform.Platform] });
                }
            }
        }

        return count;
    }

    private static string? Check(VerifiedImage image, SharedReceipt? shared)
    {
        if (shared is null)
        {
            return "it, or an SBOM that it names, cannot be read or is not what its digest says";
        }

        Receipt receipt = shared.Receipt;
        if (receipt.Image.Digest != image.Reference.Digest!.Value.Value)
        {
            return $"it is about {receipt.Image.Digest}";
        }

        string[] own = [.. image.Platforms.Select(static platform => $"{platform.Platform} {platform.Descriptor.Digest}").Order(StringComparer.Ordinal)];
        string[] said = [.. receipt.Platforms.Select(static platform => $"{platform.Platform} {platform.Digest}").Order(StringComparer.Ordinal)];
        return own.SequenceEqual(said) ? null : $"its platforms are {string.Join(", ", said)}, and the image's {string.Join(", ", own)}";
    }

    // The SBOM is in the registry three times: attested, with the receipt (whose own digest was looked at when it was read), and by itself.
    private async Task CheckSbomsAsync(VerifiedImage image, Receipt receipt, List<Finding> findings, CancellationToken cancellationToken)
    {
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            if (receipt.Platforms.First(one => one.Platform == platform.Platform).Sbom?.Digest is not { } expected)
            {
                continue;
            }

            IReadOnlyList<AttestedStatement> statements = await attestations.ReadAsync(image, platform, cancellationToken).ConfigureAwait(false);
            if (statements.Any(statement => statement.PredicateType == InTotoStatement.Spdx && !statement.Says(expected)))
            {
                findings.Add(Differs(FindingSeverity.High, "the attested one"));
            }

            // A build of the same image by another version of this SDK, which listed more, leaves the SBOM of the one before.
            await foreach ((Descriptor blob, _) in ReceiptArtifact.FindSbomsAsync(client, image.Reference, platform.Descriptor.Digest, cancellationToken).ConfigureAwait(false))
            {
                if (blob.Digest.Value != expected)
                {
                    findings.Add(Differs(FindingSeverity.Medium, blob.Digest.Value));
                }
            }

            Finding Differs(FindingSeverity severity, string other) =>
                Create("sbom", severity, Codes.SbomDiffers, image.Reference, platform.Platform, expected, other) with { Platforms = [platform.Platform] };
        }
    }

    // Of two machines that build the same inputs the first one's image keeps the keys (DEVC5042): an image that another one came before is no fault of anybody.
    private async Task CheckKeysAsync(VerifiedImage image, Receipt receipt, List<Finding> findings, CancellationToken cancellationToken)
    {
        var expected = new List<(string Tag, string Digest)> { (KeyTags.Of(receipt.Keys, KeyTier.Index, null), image.Reference.Digest!.Value.Value) };
        expected.AddRange(receipt.Platforms.Select(platform => (KeyTags.Of(receipt.Keys, KeyTier.Image, platform.Platform), platform.Digest)));
        FindingSeverity severity = FindingSeverity.High;
        foreach ((string tag, string digest) in expected)
        {
            Descriptor? named = await client.ResolveAsync(image.Reference.WithTag(tag), cancellationToken).ConfigureAwait(false);
            if (named?.Digest.Value == digest)
            {
                continue;
            }

            if (named is not null && tag == expected[0].Tag
                && await ReceiptArtifact.FindAsync(client, image.Reference, named, receipt.IndexKey, cancellationToken).ConfigureAwait(false) is not null)
            {
                severity = FindingSeverity.Medium;
            }

            findings.Add(Create("key", severity, Codes.KeyNamesAnother, image.Reference, tag, named is null ? "nothing" : named.Digest.Value, digest));
        }
    }

    private async Task<int> CheckTagsAsync(VerifiedImage image, List<Finding> findings, CancellationToken cancellationToken)
    {
        if (outputPath is null
            || PublishedImage.TryRead(Path.Combine(outputPath, PublishedImage.FileName)) is not { } published
            || published.Digest != image.Reference.Digest!.Value.Value)
        {
            return 0;
        }

        string name = $"{image.Reference.Registry}/{image.Reference.Repository}";
        PublishedTag[] tags = [.. published.All.Where(one => one.Repository == name).SelectMany(static one => one.Tags)];
        foreach (PublishedTag tag in tags)
        {
            Descriptor? named = await client.ResolveAsync(image.Reference.WithTag(tag.Tag), cancellationToken).ConfigureAwait(false);
            if (named?.Digest.Value != published.Digest)
            {
                findings.Add(Create("tag", FindingSeverity.Medium, Codes.TagMoved, image.Reference, tag.Tag, named is null ? "nothing" : named.Digest.Value));
            }
        }

        return tags.Length;
    }

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private static Finding Create(string id, FindingSeverity severity, string code, params object[] arguments) =>
        new() { Id = id, Severity = severity, Diagnostic = Diagnostic.Create(code, null, arguments) };
}

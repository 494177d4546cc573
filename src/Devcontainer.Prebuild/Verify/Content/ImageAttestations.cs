using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Attestations;

namespace Devcontainer.Prebuild.Verify.Content;

/// <summary>What the index of an image attests of its platforms, read once for all gates. The image's digest covers it.</summary>
/// <param name="client">Asks the registry.</param>
internal sealed class ImageAttestations(RegistryClient client)
{
    private readonly ConcurrentDictionary<Digest, Lazy<Task<IReadOnlyList<AttestedStatement>>>> _read = new();

    /// <summary>The statements about a platform's image, whatever they are about in truth; empty where there are none.</summary>
    /// <exception cref="DevcontainerException">DEVC6004: one cannot be read; DEVC6005: something of it is gone; or the registry does not answer.</exception>
    internal Task<IReadOnlyList<AttestedStatement>> ReadAsync(VerifiedImage image, VerifiedPlatform platform, CancellationToken cancellationToken) =>
        image.Attestations.GetValueOrDefault(platform.Descriptor.Digest) is { } entry
            ? _read.GetOrAdd(entry.Digest, _ => new Lazy<Task<IReadOnlyList<AttestedStatement>>>(() => FetchAsync(image.Reference, entry, cancellationToken))).Value
            : Task.FromResult<IReadOnlyList<AttestedStatement>>([]);

    private async Task<IReadOnlyList<AttestedStatement>> FetchAsync(ImageReference image, Descriptor entry, CancellationToken cancellationToken)
    {
        RegistryManifest manifest = await client.GetManifestAsync(image.WithDigest(entry.Digest), cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.VerifyImageGone, image.WithDigest(entry.Digest));
        var statements = new List<AttestedStatement>();
        foreach (Descriptor layer in AttestationManifest.StatementsOf(ImageManifest.Parse(manifest.Bytes, entry.Digest.Value)))
        {
            byte[] json = await client.GetBlobAsync(image, layer, cancellationToken).ConfigureAwait(false)
                ?? throw new DevcontainerException(Codes.VerifyImageGone, image.WithDigest(layer.Digest));
            try
            {
                statements.Add(AttestedStatement.Parse(json));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new DevcontainerException(Diagnostic.Create(Codes.VerifyToolFailed, null, $"The attestation {layer.Digest}", image, e.Message.TrimEnd('.')), e);
            }
        }

        return statements;
    }
}

/// <summary>A statement that an index attests (in-toto attestation framework, spec/v1/statement.md).</summary>
/// <param name="PredicateType">What kind of thing is said.</param>
/// <param name="Subjects">What it is about: digests, as <c>sha256:…</c>.</param>
/// <param name="Predicate">What is said.</param>
internal sealed record AttestedStatement(string PredicateType, IReadOnlyList<string> Subjects, JsonElement Predicate)
{
    /// <summary>Whether what is said is a document of this digest, byte for byte; the line's end behind it is no part of what is said.</summary>
    internal bool Says(string digest) =>
        Digest.Sha256(Encoding.UTF8.GetBytes(Predicate.GetRawText() + "\n")).Value == digest || Digest.Sha256(Encoding.UTF8.GetBytes(Predicate.GetRawText())).Value == digest;

    /// <summary>Reads one.</summary>
    internal static AttestedStatement Parse(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return new AttestedStatement(
            root.GetProperty("predicateType").GetString() ?? string.Empty,
            [
                .. root.GetProperty("subject").EnumerateArray()
                    .SelectMany(static subject => subject.GetProperty("digest").EnumerateObject(), static (_, digest) => $"{digest.Name}:{digest.Value.GetString()}"),
            ],
            root.GetProperty("predicate").Clone());
    }

    /// <summary>Whether it is about an image.</summary>
    internal bool IsAbout(Digest manifest) => Subjects.Contains(manifest.Value);
}

using System.Text;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Tests.Pruning;

/// <summary>An image in a registry, as a publish makes it: two platforms with SBOMs and BuildKit's attestation manifests, index, receipt, tags of keys.</summary>
/// <param name="Index">The index.</param>
/// <param name="Platforms">The platforms' manifests.</param>
internal sealed record PushedImage(Descriptor Index, IReadOnlyList<Descriptor> Platforms)
{
    /// <summary>Pushes one.</summary>
    /// <param name="client">The client.</param>
    /// <param name="repository">Where to.</param>
    /// <param name="name">What its content is made of.</param>
    /// <param name="built">When its receipt says that it was built; null for no receipt.</param>
    /// <param name="tags">Its own tags.</param>
    internal static async Task<PushedImage> PushAsync(
        RegistryClient client, ImageReference repository, string name, DateTimeOffset? built, params string[] tags)
    {
        Descriptor shared = await client.PushBlobAsync(repository, Bytes("the base layer"), MediaTypes.Layer);
        await client.PushBlobAsync(repository, "{}"u8.ToArray(), MediaTypes.Empty);
        var entries = new List<Descriptor>();
        var platforms = new List<Descriptor>();
        foreach (string platform in new[] { "linux/amd64", "linux/arm64" })
        {
            var image = new ImageManifest
            {
                Config = await client.PushBlobAsync(repository, Bytes($$"""{"architecture":"{{platform[6..]}}","os":"linux","config":{"Labels":{"name":"{{name}}"} } }"""), MediaTypes.ImageConfig),
                Layers = [shared, await client.PushBlobAsync(repository, Bytes($"{name} {platform}"), MediaTypes.Layer)],
            };
            Descriptor manifest = Descriptor.Of(image.ToBytes(), MediaTypes.ImageManifest);
            foreach (string prefix in new[] { "prebuild-", "env-" })
            {
                await client.PutManifestAsync(repository.WithTag(TestRepository.Key($"{name} {platform}", prefix)), image.ToBytes(), MediaTypes.ImageManifest);
            }

            platforms.Add(manifest);
            entries.Add(manifest with { Platform = Platform.Parse(platform) });
            await PutReferrerAsync(client, repository, manifest, "application/spdx+json", $"{name} {platform} sbom");
            Descriptor attestation = await PutReferrerAsync(client, repository, manifest, "application/vnd.docker.attestation.manifest.v1+json", $"{name} {platform} attestation");
            entries.Add(new Descriptor(attestation.MediaType, attestation.Digest, attestation.Size)
            {
                Platform = new Platform("unknown", "unknown", null),
                Annotations = new Dictionary<string, string>
                {
                    ["vnd.docker.reference.type"] = "attestation-manifest",
                    ["vnd.docker.reference.digest"] = manifest.Digest.Value,
                },
            });
        }

        byte[] index = new ImageIndex { Manifests = entries }.ToBytes();
        Descriptor root = await client.PutManifestAsync(repository.WithTag(TestRepository.Key(name)), index, MediaTypes.ImageIndex);
        if (built is { } time)
        {
            Descriptor receipt = await PutReferrerAsync(
                client, repository, root, ReceiptArtifact.ArtifactType, $"{name} receipt", new Dictionary<string, string> { [ReceiptArtifact.Created] = time.ToString("O") });
            await PutReferrerAsync(client, repository, receipt, "application/vnd.example.signature", $"{name} signature of the receipt");
        }

        foreach (string tag in tags)
        {
            await client.PutManifestAsync(repository.WithTag(tag), index, MediaTypes.ImageIndex);
        }

        return new PushedImage(root, platforms);
    }

    private static async Task<Descriptor> PutReferrerAsync(
        RegistryClient client, ImageReference repository, Descriptor subject, string type, string content, Dictionary<string, string>? annotations = null) =>
        await client.PutReferrerAsync(repository, new ImageManifest
        {
            ArtifactType = type,
            Config = Descriptor.EmptyJson,
            Layers = [await client.PushBlobAsync(repository, Bytes(content), type)],
            Subject = new Descriptor(subject.MediaType, subject.Digest, subject.Size),
            Annotations = annotations ?? [],
        });

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

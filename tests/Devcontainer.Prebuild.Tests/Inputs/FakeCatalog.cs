using System.Collections.Concurrent;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Inputs;

/// <summary>A registry of images by canonical reference, and what it was asked.</summary>
internal sealed class FakeCatalog : IBaseImageCatalog
{
    private readonly Dictionary<string, PinnedImage> _images = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _asked = new();

    /// <summary>The references that were asked about, sorted.</summary>
    internal string[] Asked => [.. _asked.Order(StringComparer.Ordinal)];

    /// <summary>Adds an image whose index has a digest of one repeated digit; so have its manifests, one digit for each platform.</summary>
    internal FakeCatalog With(string reference, char digit, params (string Platform, char Digit)[] platforms)
    {
        _images[reference] = new PinnedImage(
            SampleWorkspace.DigestOf(digit),
            platforms.ToDictionary(static p => p.Platform, static p => SampleWorkspace.DigestOf(p.Digit).Value, StringComparer.Ordinal));
        return this;
    }

    public Task<PinnedImage> PinAsync(BaseImageInput image, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken)
    {
        string reference = image.Reference.ToString();
        _asked.Enqueue(reference);
        PinnedImage known = _images.GetValueOrDefault(reference) ?? throw new DevcontainerException(Codes.BaseImageNotFound, image.Location, image.Name);
        return Task.FromResult(known with
        {
            Platforms = platforms.Select(static platform => platform.ToString()).ToDictionary(
                static platform => platform,
                platform => known.Platforms.GetValueOrDefault(platform)
                    ?? throw new DevcontainerException(Codes.BaseImagePlatformMissing, image.Location, image.Name, platform, "others")),
        });
    }

    public Task<ImageConfig> ConfigAsync(BaseImageInput image, Digest manifest, CancellationToken cancellationToken) =>
        throw new NotSupportedException("An update needs no configuration of an image.");
}

using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Features;

/// <summary>Base images stay as they are pinned.</summary>
internal sealed class NoImages : IBaseImageCatalog
{
    public Task<PinnedImage> PinAsync(BaseImageInput image, IReadOnlyList<Platform> platforms, CancellationToken cancellationToken) =>
        Task.FromResult(new PinnedImage(
            SampleWorkspace.DigestOf('0'), platforms.ToDictionary(static platform => platform.ToString(), static _ => SampleWorkspace.DigestOf('a').Value)));

    public Task<ImageConfig> ConfigAsync(BaseImageInput image, Digest manifest, CancellationToken cancellationToken) => throw new NotSupportedException();
}

using Devcontainer.Oci;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>An image of hand-made layers, to be verified.</summary>
internal sealed class LayeredImage : IDisposable
{
    private readonly TestImage _image;

    internal LayeredImage(params ReadOnlySpan<TestLayer> layers)
        : this(new ContainerConfig(), layers)
    {
    }

    internal LayeredImage(ContainerConfig configuration, params ReadOnlySpan<TestLayer> layers)
    {
        _image = new TestImage(layers);
        Image = new VerifiedImage(VerifiedImages.Reference, [VerifiedImages.Platform("linux/amd64", configuration, _image.Layers)]);
        Contents = new ImageContents(
            (_, layer, _) => Task.FromResult<Stream?>(_image.Layout.Contains(layer) ? Opened(layer) : null), static _ => true);
    }

    internal VerifiedImage Image { get; init; }

    internal ImageContents Contents { get; }

    internal OciLayout Layout => _image.Layout;

    internal IReadOnlyList<Descriptor> Layers => _image.Layers;

    /// <summary>How often a layer was opened.</summary>
    internal int Reads { get; private set; }

    internal void Lose(Descriptor layer) => File.Delete(_image.Layout.BlobPath(layer.Digest));

    internal Task<GateResult> RunAsync(Func<ImageContents, IVerifyGate> gate) => GateRunner.RunAsync(gate(Contents), Image, CancellationToken.None);

    public void Dispose()
    {
        Contents.Dispose();
        _image.Dispose();
    }

    private Stream Opened(Descriptor layer)
    {
        Reads++;
        return _image.Layout.OpenBlob(layer);
    }
}

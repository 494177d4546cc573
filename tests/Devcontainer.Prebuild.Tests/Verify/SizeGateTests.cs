using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify;
using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>What counts is what a machine has to fetch of its platform.</summary>
[TestClass]
public sealed class SizeGateTests
{
    [TestMethod]
    public async Task A_platform_that_is_larger_than_it_may_be_is_a_finding()
    {
        Descriptor layer = new(MediaTypes.LayerGzip, SampleWorkspace.DigestOf('b'), 30_000_000);
        Descriptor other = layer with { Digest = SampleWorkspace.DigestOf('c'), Size = 20_000_000 };
        var image = new VerifiedImage(
            VerifiedImages.Reference,
            [VerifiedImages.Platform("linux/amd64", null, layer), VerifiedImages.Platform("linux/arm64", null, layer, other)]);
        GateResult result = await RunAsync(40_000_000, image);
        Finding finding = result.Findings.Single();
        Assert.AreEqual(("too-large", Codes.ImageTooLarge), (finding.Id, finding.Diagnostic.Code));
        CollectionAssert.AreEqual(new[] { "linux/arm64" }, finding.Platforms.ToArray());
        Assert.Contains("50.0 MB on linux/arm64, more than the 40.0 MB", finding.Diagnostic.Message);
        Assert.AreEqual("linux/amd64 30.0 MB, linux/arm64 50.0 MB, of 40.0 MB at the most", result.Summary);
        Assert.HasCount(2, (await RunAsync(29_999_999, image)).Findings);
        Assert.AreEqual(GateOutcome.Clean, (await RunAsync(image.Platforms[1].Size, image)).Outcome);
        Assert.AreEqual(GateOutcome.Clean, (await RunAsync(null, image)).Outcome);
    }

    private static async Task<GateResult> RunAsync(long? max, VerifiedImage image)
    {
        using var client = new RegistryClient();
        using var contents = new ImageContents(static (_, _, _) => Task.FromResult<Stream?>(null), static _ => false);
        return await GateRunner.RunAsync(
            new SizeGate(max, null, contents, new PreviousImage(client, "/nowhere", null)), image, CancellationToken.None);
    }
}

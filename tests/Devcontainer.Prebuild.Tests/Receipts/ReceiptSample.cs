using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Receipts;

internal static class ReceiptSample
{
    /// <summary>A receipt that has something of everything.</summary>
    internal static Receipt Create() => new()
    {
        Keys =
        [
            new CacheKey(KeyTier.Environment, "linux/amd64", new string('1', 64)),
            new CacheKey(KeyTier.Packages, "linux/amd64", new string('2', 64)),
            new CacheKey(KeyTier.Image, "linux/amd64", new string('3', 64)),
            new CacheKey(KeyTier.Index, null, new string('4', 64)),
        ],
        Image = new ReceiptImage(SampleWorkspace.DigestOf('5').Value, 400, "r.example", "team/app", ["latest", "1.0"]),
        Platforms =
        [
            new ReceiptPlatform(
                "linux/amd64",
                SampleWorkspace.DigestOf('6').Value,
                900,
                12345,
                "appended",
                new ReceiptSbom("sbom/linux-amd64.spdx.json", SampleWorkspace.DigestOf('7').Value, 7),
                new ReceiptEnvironment(
                    SampleWorkspace.DigestOf('e').Value, 800, new ReceiptSbom("sbom/environment/linux-amd64.spdx.json", SampleWorkspace.DigestOf('f').Value, 5))),
        ],
        Features = [new ReceiptFeature("./hello", "local", "./.devcontainer/hello", "1.0.0", SampleWorkspace.DigestOf('8').Value)],
        Bases = [new ReceiptBase("docker.io/library/debian:12", "linux/amd64", SampleWorkspace.DigestOf('9').Value, IsAncestor: true)],
        Inputs =
        [
            new ReceiptInput("global.json", "environment", "json:/sdk", new string('a', 64), new string('b', 64)),
            new ReceiptInput("Dockerfile", "environment", "raw", new string('c', 64)),
            new ReceiptInput("link", "environment", "raw", new string('d', 64), Kind: "link", Value: "target"),
            new ReceiptInput("<epoch>", "environment", "setting", new string('e', 64), Value: "3"),
        ],
        Steps = [new BuildStep("linux/amd64", "RUN echo \"grün\" 😀", Cached: true, 0.25, Ran: 3.5)],
        Built = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Seconds = 1.5,
        Builder = "default (docker)",
    };
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class FeatureReferenceTests
{
    private const string Digest = "sha256:fe73f123927bd9ed1abda190d3009c4d51d0e17499154423c5913cf344af15a3";

    [TestMethod]
    [DataRow("ghcr.io/devcontainers/features/go", "ghcr.io", "devcontainers/features", "go", "latest", null)]
    [DataRow("ghcr.io/devcontainers/features/go:1.0", "ghcr.io", "devcontainers/features", "go", "1.0", null)]
    [DataRow("GHCR.io/Devcontainers/Features/Go:1-RC", "ghcr.io", "devcontainers/features", "go", "1-rc", null)]
    [DataRow("localhost:5000/a/b/c/go", "localhost:5000", "a/b/c", "go", "latest", null)]
    [DataRow("ghcr.io/a/b@" + Digest, "ghcr.io", "a", "b", null, Digest)]
    [DataRow("ghcr.io/devcontainers-contrib/features/x:1", "ghcr.io", "devcontainers-extra/features", "x", "1", null)]
    [DataRow("node", "ghcr.io", "devcontainers/features", "node", "1", null)]
    [DataRow("golang", "ghcr.io", "devcontainers/features", "go", "1", null)]
    [DataRow("common", "ghcr.io", "devcontainers/features", "common-utils", "1", null)]
    public void An_OCI_id_is_taken_apart(string id, string registry, string ns, string name, string? tag, string? digest) =>
        Assert.AreEqual(new OciFeatureReference(id, registry, ns, name, tag, digest), FeatureReference.Parse(id));

    [TestMethod]
    [DataRow("./a")]
    [DataRow("../features/a")]
    public void A_relative_path_is_local(string id) => Assert.AreEqual(new LocalFeatureReference(id), FeatureReference.Parse(id));

    [TestMethod]
    public void A_URL_is_a_tarball()
    {
        var reference = (TarballFeatureReference)FeatureReference.Parse("https://example.com/x/devcontainer-feature-My_go-1.tgz?q=1");
        Assert.AreEqual("My_go-1", reference.Name);
        Assert.AreEqual("tarball", reference.Source);
    }

    [TestMethod]
    [DataRow("http://localhost:5000/devcontainer-feature-a.tgz")]
    [DataRow("http://127.0.0.1/devcontainer-feature-a.tgz")]
    [DataRow("http://[::1]:5000/devcontainer-feature-a.tgz")]
    public void A_URL_may_be_plain_HTTP_on_loopback(string id) => Assert.AreEqual(new TarballFeatureReference(id, new Uri(id), "a"), FeatureReference.Parse(id));

    [TestMethod]
    public void A_URL_with_a_password_is_refused_and_not_repeated()
    {
        Diagnostic error = Expect.Error(Codes.FeatureIdNotValid, () => FeatureReference.Parse("https://me:hunter2@example.com/devcontainer-feature-a.tgz"));
        Assert.DoesNotContain("hunter2", error.Message);
        Assert.Contains("example.com", error.Message);
    }

    [TestMethod]
    [DataRow("fish", DisplayName = "an unknown short name")]
    [DataRow("/abs/path")]
    [DataRow("https://example.com/feature.tgz")]
    [DataRow("https://example.com/devcontainer-feature-.tgz")]
    [DataRow("https://example.com/devcontainer-feature-a%20b.tgz")]
    [DataRow("http://example.com/devcontainer-feature-a.tgz")]
    [DataRow("http://localhost.example.com/devcontainer-feature-a.tgz")]
    [DataRow("https://")]
    [DataRow("HTTPS://example.com/devcontainer-feature-a.tgz")]
    [DataRow("file:///devcontainer-feature-a.tgz")]
    [DataRow("ghcr.io/a/b:")]
    [DataRow("ghcr.io/a/b:-x")]
    [DataRow("ghcr.io/a/b@sha256:abc")]
    [DataRow("ghcr.io/a/b@md5:" + "0123456789abcdef")]
    [DataRow("ghcr.io/a//b")]
    [DataRow("ghcr.io/a/../b")]
    [DataRow("ghcr.io/a/b c")]
    [DataRow("ghcr.io/a/b--c")]
    [DataRow("ghcr.io/b")]
    [DataRow(".ghcr.io/a/b")]
    [DataRow("ghcr.іo/a/b/c", DisplayName = "homoglyph")]
    [DataRow("user@ghcr.io/a/b")]
    [DataRow("ghcr.io:x/a/b")]
    public void What_is_no_id_is_an_error(string id) => Expect.Error(Codes.FeatureIdNotValid, () => FeatureReference.Parse(id));

    [TestMethod]
    public void A_release_on_GitHub_is_not_supported()
    {
        Diagnostic error = Expect.Error(Codes.FeatureSourceNotSupported, () => FeatureReference.Parse("owner/repo/go"));
        Assert.Contains("'./go'", error.Message);
    }
}

using Devcontainer.Diagnostics;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class ImageReferenceTests
{
    private const string D = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [TestMethod]
    [DataRow("debian", "docker.io/library/debian:latest", "debian:latest")]
    [DataRow("debian:12", "docker.io/library/debian:12", "debian:12")]
    [DataRow("library/debian:12", "docker.io/library/debian:12", "debian:12")]
    [DataRow("docker.io/debian", "docker.io/library/debian:latest", "debian:latest")]
    [DataRow("index.docker.io/library/debian", "docker.io/library/debian:latest", "debian:latest")]
    [DataRow("index.docker.io/me/app", "docker.io/me/app:latest", "me/app:latest")]
    [DataRow("me/app", "docker.io/me/app:latest", "me/app:latest")]
    [DataRow("me/app/part", "docker.io/me/app/part:latest", "me/app/part:latest")]
    [DataRow("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest")]
    [DataRow("localhost/app", "localhost/app:latest", "localhost/app:latest")]
    [DataRow("localhost", "docker.io/library/localhost:latest", "localhost:latest")]
    [DataRow("localhost:5000", "docker.io/library/localhost:5000", "localhost:5000")]
    [DataRow("localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest")]
    [DataRow("localhost:5000/app:1.0", "localhost:5000/app:1.0", "localhost:5000/app:1.0")]
    [DataRow("registry:80/app", "registry:80/app:latest", "registry:80/app:latest")]
    [DataRow("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest", "127.0.0.1:5000/a/b:latest")]
    [DataRow("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest")]
    [DataRow("[2001:db8::1]/app", "[2001:db8::1]/app:latest", "[2001:db8::1]/app:latest")]
    [DataRow("GHCR.io/me/app", "ghcr.io/me/app:latest", "ghcr.io/me/app:latest")]
    [DataRow("mcr.microsoft.com/devcontainers/base:1-bookworm", "mcr.microsoft.com/devcontainers/base:1-bookworm", "mcr.microsoft.com/devcontainers/base:1-bookworm")]
    [DataRow("a.b/c__d/e---f/g.h/i_j", "a.b/c__d/e---f/g.h/i_j:latest", "a.b/c__d/e---f/g.h/i_j:latest")]
    [DataRow("debian@" + D, "docker.io/library/debian@" + D, "debian@" + D)]
    [DataRow("debian:12@" + D, "docker.io/library/debian:12@" + D, "debian:12@" + D)]
    [DataRow("app:_x.Y-z", "docker.io/library/app:_x.Y-z", "app:_x.Y-z")]
    public void A_reference_has_one_canonical_and_one_familiar_form(string text, string canonical, string familiar)
    {
        ImageReference reference = ImageReference.Parse(text);
        Assert.AreEqual(canonical, reference.ToString());
        Assert.AreEqual(familiar, reference.Familiar);
        Assert.AreEqual(reference, ImageReference.Parse(canonical));
    }

    [TestMethod]
    public void Parts_are_apart()
    {
        ImageReference reference = ImageReference.Parse("localhost:5000/a/b:1@" + D);
        Assert.AreEqual("localhost:5000", reference.Registry);
        Assert.AreEqual("a/b", reference.Repository);
        Assert.AreEqual("localhost:5000/a/b", reference.Name);
        Assert.AreEqual("1", reference.Tag);
        Assert.AreEqual(Digest.Parse(D), reference.Digest);
    }

    [TestMethod]
    public void Another_tag_drops_the_digest_and_a_digest_drops_the_tag()
    {
        ImageReference reference = ImageReference.Parse("debian:12@" + D);
        Assert.AreEqual("docker.io/library/debian:13", reference.WithTag("13").ToString());
        Assert.AreEqual("docker.io/library/debian@" + D, reference.WithTag("13").WithDigest(Digest.Parse(D)).ToString());
        Errors.Expect(Codes.ImageReferenceInvalid, () => reference.WithTag("-rf"));
    }

    [TestMethod]
    [DataRow(null, "empty")]
    [DataRow("", "empty")]
    [DataRow("-v/:/host", "starts with '-'")]
    [DataRow("--privileged", "starts with '-'")]
    [DataRow(" debian", "U+0020")]
    [DataRow("debian\n", "U+000A")]
    [DataRow("debian:12\u001b[0m", "U+001B")]
    [DataRow("d\u0435bian", "U+0435", DisplayName = "Cyrillic e")]
    [DataRow("ghcr\u2024io/a", "U+2024", DisplayName = "one dot leader")]
    [DataRow("Debian", "lower case")]
    [DataRow("MyOrg/app", "lower case")]
    [DataRow("ghcr.io/MyOrg/app", "lower case")]
    [DataRow("debian:", "a tag has")]
    [DataRow("debian:-x", "a tag has")]
    [DataRow("debian:.x", "a tag has")]
    [DataRow("debian:1:2", "a tag has")]
    [DataRow("debian:a/b", "a tag has|not a port", DisplayName = "slash in a tag")]
    [DataRow("debian:12@sha256:abc", "follows '@'")]
    [DataRow("debian:12@" + D + "0", "follows '@'")]
    [DataRow("debian@" + D + ":12", "follows '@'")]
    [DataRow("debian@latest", "follows '@'")]
    [DataRow("@" + D, "names no repository")]
    [DataRow("ghcr.io/", "names no repository")]
    [DataRow("ghcr.io//a", "repository component")]
    [DataRow("a..b", "repository component")]
    [DataRow("a___b", "repository component")]
    [DataRow("a-", "repository component")]
    [DataRow("ghcr.io/../a", "repository component")]
    [DataRow("/a", "repository component")]
    [DataRow("a/", "repository component")]
    [DataRow("a$b", "repository component")]
    [DataRow("https://ghcr.io/a", "not a port")]
    [DataRow("localhost:/a", "not a port")]
    [DataRow("localhost:0/a", "not a port")]
    [DataRow("localhost:65536/a", "not a port")]
    [DataRow("localhost:+80/a", "not a port")]
    [DataRow("user:pass@ghcr.io/a", "follows '@'")]
    [DataRow("-ghcr.io/a", "starts with '-'")]
    [DataRow("ghcr-.io/a", "not a registry host")]
    [DataRow(".io/a", "not a registry host")]
    [DataRow("ghcr..io/a", "not a registry host")]
    [DataRow("[::1/a", "not a registry host")]
    [DataRow("[1.2.3.4]/a", "not a registry host")]
    [DataRow("[fe80::1%eth0]/a", "not a registry host")]
    [DataRow("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "image id")]
    public void What_is_no_reference_is_refused_with_the_reason(string? text, string reasons)
    {
        Assert.IsFalse(ImageReference.TryParse(text, out _));
        string message = Errors.Expect(Codes.ImageReferenceInvalid, () => ImageReference.Parse(text));
        Assert.IsTrue(reasons.Split('|').Any(message.Contains), message);
    }

    [TestMethod]
    [DataRow(255, 128, true)]
    [DataRow(256, 128, false)]
    [DataRow(255, 129, false)]
    public void Lengths_are_those_of_the_specification(int repository, int tag, bool valid) =>
        Assert.AreEqual(valid, ImageReference.TryParse($"ghcr.io/{new string('a', repository)}:{new string('t', tag)}", out _));

    [TestMethod]
    public void Anything_accepted_is_ASCII_no_flag_and_reads_back_equal() =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<char>().Or(Gen.Elements("abzAZ09./:@-_[]".ToCharArray())).ArrayOf().Select(c => new string(c)).ToArbitrary(),
            text => !ImageReference.TryParse(text, out ImageReference? reference)
                || (text.All(char.IsAscii) && !reference.ToString().StartsWith('-') && ImageReference.Parse(reference.ToString()) == reference
                    && ImageReference.Parse(reference.Familiar) == reference))
            .QuickCheckThrowOnFailure();
}

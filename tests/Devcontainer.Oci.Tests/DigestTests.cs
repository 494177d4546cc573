using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class DigestTests
{
    // FIPS 180-2, example of "abc".
    private const string Abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [TestMethod]
    public async Task Bytes_and_stream_have_the_published_digest()
    {
        Assert.AreEqual(Abc, Digest.Sha256("abc"u8).Value);
        Assert.AreEqual(Abc, (await Digest.Sha256Async(new MemoryStream("abc"u8.ToArray()))).ToString());
    }

    [TestMethod]
    public void Parts_of_a_digest_are_algorithm_and_hex()
    {
        Digest digest = Digest.Parse(Abc);
        Assert.AreEqual("sha256", digest.Algorithm);
        Assert.AreEqual(Abc, "sha256:" + digest.Hex);
        Assert.AreEqual(Digest.Sha256("abc"u8), digest);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("")]
    [DataRow("sha256:")]
    [DataRow("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DisplayName = "no algorithm")]
    [DataRow("SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DisplayName = "algorithm in upper case")]
    [DataRow("sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DisplayName = "hex in upper case")]
    [DataRow("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a", DisplayName = "63 digits")]
    [DataRow("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0", DisplayName = "65 digits")]
    [DataRow("sha256:../../../../../../../../etc/passwd0000000000000000000000000000000", DisplayName = "a path")]
    [DataRow("sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DisplayName = "another algorithm")]
    [DataRow("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a\u0430", DisplayName = "Cyrillic a")]
    public void Other_shapes_are_refused(string? text)
    {
        Assert.IsFalse(Digest.TryParse(text, out Digest digest));
        Assert.AreEqual("", digest.Value);
        Errors.Expect(Codes.DigestInvalid, () => Digest.Parse(text));
    }

    [TestMethod]
    public void A_message_never_repeats_control_characters()
    {
        string message = Errors.Expect(Codes.DigestInvalid, () => Digest.Parse("\u001b[31m" + new string('x', 5000)));
        Assert.DoesNotContain('\u001b', message);
        Assert.IsLessThan(500, message.Length);
        Assert.AreEqual(message.Length, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(message)).Length);
    }
}

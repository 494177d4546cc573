using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Inputs;

[TestClass]
public sealed class LockFileTests
{
    private static readonly string Digest = SampleWorkspace.DigestOf('1').Value;

    [TestMethod]
    public void No_file_is_an_empty_lock_with_epoch_zero()
    {
        using var folder = new TemporaryFolder();
        LockFile file = LockFile.Read(folder["devcontainer.json"]);
        Assert.AreEqual(folder["devcontainer-prebuild.lock.json"], file.Path);
        Assert.AreEqual(0, file.Epoch);
        Assert.IsEmpty(file.Images);
    }

    [TestMethod]
    public void The_file_is_sorted_and_the_same_bytes_every_time()
    {
        var pin = new PinnedImage(
            SampleWorkspace.DigestOf('1'),
            new Dictionary<string, string> { ["linux/arm64"] = SampleWorkspace.DigestOf('3').Value, ["linux/amd64"] = SampleWorkspace.DigestOf('2').Value });
        LockFile file = new LockFile("/w/lock", 7, new Dictionary<string, PinnedImage>()).With("docker.io/library/b:1", pin).With("docker.io/library/B:1", pin);
        string expected = $$"""
            {
              "version": 1,
              "epoch": 7,
              "images": {
                "docker.io/library/B:1": {
                  "digest": "{{Digest}}",
                  "platforms": {
                    "linux/amd64": "{{SampleWorkspace.DigestOf('2')}}",
                    "linux/arm64": "{{SampleWorkspace.DigestOf('3')}}"
                  }
                },
                "docker.io/library/b:1": {
                  "digest": "{{Digest}}",
                  "platforms": {
                    "linux/amd64": "{{SampleWorkspace.DigestOf('2')}}",
                    "linux/arm64": "{{SampleWorkspace.DigestOf('3')}}"
                  }
                }
              }
            }

            """.ReplaceLineEndings("\n");
        Assert.AreEqual(expected, Encoding.UTF8.GetString(file.ToBytes()));
    }

    [TestMethod]
    public void What_is_written_is_read()
    {
        using var folder = new TemporaryFolder();
        var pin = new PinnedImage(SampleWorkspace.DigestOf('1'), new Dictionary<string, string> { ["linux/amd64"] = SampleWorkspace.DigestOf('2').Value });
        LockFile file = LockFile.Read(folder["devcontainer.json"]).With("docker.io/library/a:1", pin) with { Epoch = 3 };
        File.WriteAllBytes(file.Path, file.ToBytes());
        CollectionAssert.AreEqual(file.ToBytes(), LockFile.Read(folder["devcontainer.json"]).ToBytes());
    }

    [TestMethod]
    [DataRow("", 1)]
    [DataRow("garbage", 1)]
    [DataRow("{\n  \"version\": 1,\n  \"epoch\": 0\n  \"images\": {}\n}", 4)]
    [DataRow("<<<<<<< HEAD\n{}", 1)]
    [DataRow("{ \"version\": 1,\n\"epoch\": 0, \"images\": {", 2)]
    public void A_broken_file_is_an_error_at_its_line(string content, int line)
    {
        Diagnostic error = Refused(content);
        Assert.AreEqual(line, error.Location!.Line);
    }

    [TestMethod]
    [DataRow("[]", "")]
    [DataRow("null", "")]
    [DataRow("1", "")]
    [DataRow("{}", "version")]
    [DataRow("""{ "version": 3, "epoch": 0, "images": {} }""", "version 3")]
    [DataRow("""{ "version": "1", "epoch": 0, "images": {} }""", "")]
    [DataRow("""{ "version": 1, "images": {} }""", "epoch")]
    [DataRow("""{ "version": 1, "epoch": 99999999999, "images": {} }""", "")]
    [DataRow("""{ "version": 1, "epoch": 1.5, "images": {} }""", "")]
    [DataRow("""{ "version": 1, "epoch": -1, "images": {} }""", "-1")]
    [DataRow("""{ "version": 1, "epoch": 0 }""", "images")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": [] }""", "")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": { "a": "sha256:" } }""", "")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": { "a": { "platforms": {} } } }""", "digest")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": { "a": { "digest": "sha256:12", "platforms": {} } } }""", "sha256:12")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": { "a": { "digest": null, "platforms": {} } } }""", "")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": { "a": { "digest": 1, "platforms": {} } } }""", "")]
    [DataRow("""{ "version": 1, "epoch": 0, "images": { "\ud800": { } } }""", "")]
    public void A_file_of_another_shape_is_an_error_that_says_what_is_wrong(string content, string reason) => Assert.Contains(reason, Refused(content).Message);

    [TestMethod]
    public void A_missing_platform_list_is_an_error_that_says_so() =>
        Assert.Contains("platforms", Refused($$$"""{ "version": 1, "epoch": 0, "images": { "a": { "digest": "{{{Digest}}}" } } }""").Message);

    private static Diagnostic Refused(string content)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write(LockFile.FileName, content);
        Diagnostic error = Errors.Expect(Codes.LockFileInvalid, () => LockFile.Read(folder["devcontainer.json"]));
        Assert.AreEqual(file, error.Location!.File);
        return error;
    }
}

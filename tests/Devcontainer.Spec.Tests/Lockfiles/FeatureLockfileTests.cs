using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class FeatureLockfileTests
{
    private const string Text = """
        {
          "features": {
            "ghcr.io/a/b/c:1": {
              "version": "1.2.3",
              "resolved": "ghcr.io/a/b/c@sha256:1",
              "integrity": "sha256:1",
              "dependsOn": [
                "ghcr.io/a/b/d"
              ]
            },
            "ghcr.io/a/b/d": {
              "resolved": "ghcr.io/a/b/d@sha256:2",
              "integrity": "sha256:2"
            }
          }
        }

        """;

    [TestMethod]
    public void What_is_read_is_written_byte_for_byte()
    {
        FeatureLockfile locked = Load(Text)!;
        Assert.AreEqual(Text, locked.ToText());
        Assert.AreEqual("1.2.3", locked.Find("ghcr.io/a/b/c:1")!.Version);
        Assert.IsNull(locked.Find("ghcr.io/a/b/d")!.Version);
        Assert.IsNull(locked.Find("ghcr.io/a/b/c"));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" \n")]
    [DataRow("{}")]
    [DataRow("""{"features":{}}""")]
    public void A_file_that_says_nothing_locks_nothing(string text) => Assert.IsEmpty(Load(text)!.Features);

    [TestMethod]
    public void No_file_is_no_lock()
    {
        using var folder = new TemporaryFolder();
        Assert.IsNull(FeatureLockfile.Load(folder.File("devcontainer-lock.json")));
        Assert.IsNull(FeatureLockfile.Load(folder.File("none/devcontainer-lock.json")));
    }

    [TestMethod]
    [DataRow("[]", Codes.WrongType)]
    [DataRow("""{"features":[]}""", Codes.WrongType)]
    [DataRow("""{"features":{"a":{"integrity":"x"}}}""", Codes.WrongType)]
    [DataRow("""{"features":{"a":{"resolved":"x","integrity":1}}}""", Codes.WrongType)]
    [DataRow("""{"features":{"a":""", Codes.ConfigurationNotJson)]
    public void A_broken_file_is_an_error_at_its_place(string text, string code) =>
        Assert.AreEqual(1, Expect.Error(code, () => Load(text)).Location!.Line);

    [TestMethod]
    [DataRow("/r/.devcontainer/devcontainer.json", "/r/.devcontainer/devcontainer-lock.json")]
    [DataRow("/r/.devcontainer.json", "/r/.devcontainer-lock.json")]
    public void The_file_is_beside_the_configuration(string configuration, string expected) =>
        Assert.AreEqual(expected, FeatureLockfile.PathFor(configuration));

    [TestMethod]
    public void A_difference_is_refused_and_names_each_Feature()
    {
        FeatureLockfile found = Load(Text)!;
        found.RequireSameAs("lock", Load(Text));
        FeatureLockfile other = Load("""
            {"features":{"ghcr.io/a/b/c:1":{"version":"1.2.2","resolved":"ghcr.io/a/b/c@sha256:0","integrity":"sha256:0"},
             "ghcr.io/a/b/x":{"resolved":"ghcr.io/a/b/x@sha256:3","integrity":"sha256:3"}}}
            """)!;
        Diagnostic error = Expect.Error(Codes.FeatureLockDiffers, () => found.RequireSameAs("lock", other));
        Assert.Contains("'ghcr.io/a/b/c:1' is 1.2.2 (sha256:0) in it and was found to be 1.2.3 (sha256:1)", error.Message);
        Assert.Contains("'ghcr.io/a/b/d' is not in it", error.Message);
        Assert.Contains("'ghcr.io/a/b/x' is in it and not used", error.Message);
        Expect.Error(Codes.FeatureLockDiffers, () => found.RequireSameAs("lock", null));
    }

    private static FeatureLockfile? Load(string text)
    {
        using var folder = new TemporaryFolder();
        return FeatureLockfile.Load(folder.Write("devcontainer-lock.json", text));
    }
}

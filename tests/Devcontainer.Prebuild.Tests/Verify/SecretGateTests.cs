using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>A secret is found wherever it is in an image, and told without being repeated.</summary>
[TestClass]
public sealed class SecretGateTests
{
    private static readonly string Token = SecretScannerTests.GitHubToken;

    [TestMethod]
    public async Task A_file_that_a_later_layer_deletes_is_still_there_for_everybody()
    {
        using var image = new LayeredImage(
            new TestLayer().File("app/settings.json", "{\n  \"token\": \"" + Token + "\"\n}\n").File("app/readme.md", "nothing"), new TestLayer().Without("app/settings.json"));
        Finding finding = (await FindAsync(image)).Single();
        Assert.AreEqual(("github-token", FindingSeverity.Critical, "app/settings.json"), (finding.Id, finding.Severity, finding.Path));
        Assert.AreEqual((Codes.ImageHasSecret, image.Layers[0].Digest), (finding.Diagnostic.Code, finding.Layer!.Value));
        Assert.Contains($"line 2 of '/app/settings.json' in the layer {image.Layers[0].Digest}, which a later layer deletes", finding.Diagnostic.Message);
        Assert.Contains("github-token: ghp_****, 40 characters", finding.Diagnostic.Message);
        Assert.DoesNotContain(SecretScannerTests.Random36, finding.ToString());
    }

    [TestMethod]
    public async Task History_environment_and_labels_are_read_too()
    {
        var configuration = new ContainerConfig
        {
            Env = ["PATH=/usr/bin", "DB_PASSWORD=hunter2", "TOKEN_FILE=/run/secrets/token", "ALLOW_EMPTY_PASSWORD=true", "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568"],
            Labels = new Dictionary<string, string> { ["devcontainer.metadata"] = $$$"""[{"containerEnv":{"API_TOKEN":"{{{SecretScannerTests.Random36}}}"}}]""" },
        };
        using var image = new LayeredImage(configuration) { };
        VerifiedPlatform platform = image.Image.Platforms[0];
        HistoryEntry[] history = [new HistoryEntry { CreatedBy = "RUN true" }, new HistoryEntry { CreatedBy = $"RUN |1 GITHUB={Token} /bin/sh -c make", EmptyLayer = true }];
        using var told = new LayeredImage { Image = image.Image with { Platforms = [platform with { Config = platform.Config with { History = history } }] } };
        IReadOnlyList<Finding> findings = await FindAsync(told);
        CollectionAssert.AreEquivalent(new[] { "secret-variable", "secret-value", "github-token" }, findings.Select(static finding => finding.Id).ToArray());
        string messages = string.Join('\n', findings.Select(static finding => finding.Diagnostic.Message));
        Assert.Contains("the environment variable 'DB_PASSWORD'", messages);
        Assert.Contains("the label 'devcontainer.metadata'", messages);
        Assert.Contains("step 2 of the history", messages);
        Assert.DoesNotContain("hunter2", messages);
        Assert.DoesNotContain(SecretScannerTests.Random36, messages);
    }

    [TestMethod]
    public async Task Long_files_are_read_to_their_end_and_a_secret_between_two_pieces_is_found_once()
    {
        var text = new StringBuilder();
        foreach (int before in new[] { (1024 * 1024) - 20, (3 * 1024 * 1024) - 1400, (5 * 1024 * 1024) + 7 })
        {
            text.Append('\n', before - text.Length).Append(Token);
        }

        using var image = new LayeredImage(new TestLayer().File("var/log/install.log", text.ToString()));
        IReadOnlyList<Finding> findings = await FindAsync(image);
        CollectionAssert.AreEqual(
            new[] { 1024 * 1024 - 19, (3 * 1024 * 1024) - 1439, (5 * 1024 * 1024) - 72 },
            findings.Select(static finding => int.Parse(finding.Diagnostic.Message.Split("line ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray());
    }

    [TestMethod]
    public async Task Made_up_secrets_of_packages_and_programs_are_passed_over()
    {
        byte[] program = [.. Encoding.ASCII.GetBytes(Token), 0, 1, 2];
        using var image = new LayeredImage(new TestLayer()
            .File("usr/lib/python3/test/token.py", Token)
            .File("usr/share/doc/tool/README", Token)
            .File("app/node_modules/tool/fixtures/a.js", Token)
            .File("app/program", program)
            .File("usr/lib/tool/settings.json", "{ \"token\": \"" + SecretScannerTests.Random36 + "\" }"));
        Assert.IsEmpty(await FindAsync(image));

        // What is not made up is found also there.
        using var other = new LayeredImage(new TestLayer().File("usr/lib/tool/settings.json", Token).File("app/node_modules/tool/a.js", Token).File("test/a.txt", Token));
        Assert.HasCount(3, await FindAsync(other));
    }

    [TestMethod]
    public async Task Less_sure_ones_are_warnings_but_where_only_passwords_stand()
    {
        using var image = new LayeredImage(new TestLayer()
            .File("app/.env", "PASSWORD=" + SecretScannerTests.Random36)
            .File("root/.netrc", "machine example.org login me password hunter2!")
            .File("root/.git-credentials", "https://me:hunter2!@example.org"));
        CollectionAssert.AreEquivalent(
            new[] { ("app/.env", FindingSeverity.Medium), ("root/.netrc", FindingSeverity.High), ("root/.git-credentials", FindingSeverity.High) },
            (await FindAsync(image)).Select(static finding => (finding.Path!, finding.Severity)).ToArray());
    }

    [TestMethod]
    public async Task A_layer_that_cannot_be_read_does_not_pass()
    {
        using var image = new LayeredImage(new TestLayer().File("a", "b"), new TestLayer().File("c", "d"));
        image.Lose(image.Layers[1]);
        GateResult result = await image.RunAsync(static contents => new SecretGate(contents));
        Assert.AreEqual((GateOutcome.Failed, Codes.VerifyImageGone), (result.Outcome, result.Reason!.Code));
    }

    [TestMethod]
    public async Task Layers_are_read_once_for_all_gates()
    {
        using var image = new LayeredImage(new TestLayer().File("a", "b"));
        await Task.WhenAll(
            image.RunAsync(static contents => new SecretGate(contents)),
            image.RunAsync(static contents => new SshdGate(contents)),
            image.RunAsync(static contents => new SecretGate(contents)));
        Assert.AreEqual(1, image.Reads);
    }

    private static async Task<IReadOnlyList<Finding>> FindAsync(LayeredImage image)
    {
        GateResult result = await image.RunAsync(static contents => new SecretGate(contents));
        Assert.IsNull(result.Reason, result.Reason?.Message);
        return result.Findings;
    }
}

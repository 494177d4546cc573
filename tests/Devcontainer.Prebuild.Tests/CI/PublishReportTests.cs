using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Receipts;

namespace Devcontainer.Prebuild.Tests.CI;

/// <summary>What a CI system is told after publishing.</summary>
[TestClass]
public sealed partial class PublishReportTests
{
    [TestMethod]
    public void GitHub_gets_outputs_that_it_reads_as_they_are()
    {
        PublishReport report = Report("/out", "main", "latest");
        Dictionary<string, string> outputs = ReadOutputs(GitHubActions.Outputs(report));
        ReceiptImage image = report.Receipt.Image;
        CollectionAssert.AreEqual(new[] { "image", "digest", "tags", "key", "source" }, outputs.Keys.ToArray());
        Assert.AreEqual(image.Reference, outputs["image"]);
        Assert.AreEqual(image.Digest, outputs["digest"]);
        Assert.AreEqual($"{image.Name}:main\n{image.Name}:latest", outputs["tags"]);
        Assert.AreEqual(report.Receipt.IndexKey, outputs["key"]);
        Assert.AreEqual("built", outputs["source"]);
    }

    [TestMethod]
    public void Other_registries_that_have_it_are_told_too()
    {
        PublishReport report = Report("/out", "main") with { AlsoTo = ["registry.example", "backup.example/other/dev"] };
        ReceiptImage image = report.Receipt.Image;
        Assert.AreEqual(
            $"{image.Name}:main\nregistry.example/{image.Repository}:main\nbackup.example/other/dev:main", ReadOutputs(GitHubActions.Outputs(report))["tags"]);
        Assert.Contains("| Also in | <code>registry.example/", StepSummary.Write(report));
        Assert.IsEmpty(ReadOutputs(GitHubActions.Outputs(report with { Tags = [] }))["tags"]);
    }

    [TestMethod]
    public void No_value_ends_early_and_begins_another_output()
    {
        PublishReport report = Report("/out", "x\nEOF\ndigest<<EOF\nsha256:forged\nEOF");
        Dictionary<string, string> outputs = ReadOutputs(GitHubActions.Outputs(report));
        Assert.HasCount(5, outputs);
        Assert.AreEqual(report.Receipt.Image.Digest, outputs["digest"]);
        Assert.AreNotEqual(GitHubActions.Outputs(report), GitHubActions.Outputs(report));
    }

    [TestMethod]
    public void GitHub_s_files_are_appended_to()
    {
        using var folder = new TemporaryFolder();
        string output = folder.Write("output", "before=1");
        string summary = folder.Write("summary", "# Mine\n");
        var reporter = new RecordingReporter();
        Write(Report(folder.Path, "main"), reporter, ("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", output), ("GITHUB_STEP_SUMMARY", summary));
        Assert.StartsWith("before=1\nimage<<devcontainer_", File.ReadAllText(output));
        Assert.StartsWith("# Mine\n### Dev container <code>", File.ReadAllText(summary));
        Assert.IsEmpty(reporter.Warnings);
    }

    [TestMethod]
    public void Many_writers_lose_nothing_of_each_other()
    {
        using var folder = new TemporaryFolder();
        string file = folder["output"];
        Parallel.For(0, 64, i => AppendedFile.Append(file, $"{i}={new string('x', 2000)}\n"));
        string[] lines = File.ReadAllLines(file);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 64).Select(static i => $"{i}={new string('x', 2000)}").ToArray(), lines);
    }

    [TestMethod]
    public void A_file_that_cannot_be_written_is_a_warning()
    {
        using var folder = new TemporaryFolder();
        var reporter = new RecordingReporter();
        Write(Report(folder.Path, "main"), reporter, ("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", folder["none/output"]));
        Diagnostic warning = reporter.Warnings.Single();
        Assert.AreEqual(Codes.CIReportNotWritten, warning.Code);
        Assert.Contains("GitHub Actions", warning.Message);
    }

    [TestMethod]
    public void The_summary_shows_image_tags_platforms_sizes_and_the_cache()
    {
        PublishReport report = Report("/out", "main", "sha-abc1234");
        Receipt receipt = report.Receipt;
        receipt = receipt with
        {
            Image = receipt.Image with { Registry = "ghcr.io", Repository = "me/dev" },
            Seconds = 7.24,
            Platforms = [receipt.Platforms[0] with { Platform = "linux/amd64", Size = 241_345_678, Sbom = new ReceiptSbom("sbom/x", "sha256:1", 312) }],
            Steps = [new BuildStep("linux/amd64", "a", true, 0), new BuildStep("linux/amd64", "b", false, 1), new BuildStep("linux/arm64", "a", true, 0)],
        };
        string text = StepSummary.Write(report with { Receipt = receipt });
        Assert.Contains("### Dev container <code>ghcr.io/me/dev</code>\n", text);
        Assert.Contains($"| Image | <code>ghcr.io/me/dev@{receipt.Image.Digest}</code> |\n", text);
        Assert.Contains("| Tags | <code>main</code>, <code>sha-abc1234</code> |\n", text);
        Assert.Contains("| Source | built in 7.2 s |\n", text);
        Assert.Contains($"| linux/amd64 | <code>{receipt.Platforms[0].Digest}</code> | 241.3 MB | 1 of 2 | 312 |\n", text);
    }

    [TestMethod]
    public void The_summary_says_why_there_is_no_tag()
    {
        string text = StepSummary.Write(Report("/out") with { NotTagged = "pull request 12 (GitHub Actions) is not merged yet", Source = "local" });
        Assert.Contains("| Tags | none: pull request 12 &#40;GitHub Actions&#41; is not merged yet |\n", text);
        Assert.Contains("| Source | local |\n", text);
    }

    [TestMethod]
    public void Nothing_in_the_summary_is_Markdown_or_HTML_of_somebody_else()
    {
        PublishReport report = Report("/out", "a|b<img src=x>[l](u)`c`\n## x");
        Receipt receipt = report.Receipt with { Image = report.Receipt.Image with { Repository = "<script>|\n# y" } };
        string text = StepSummary.Write(report with { Receipt = receipt });
        Assert.DoesNotContain("<img", text);
        Assert.DoesNotContain("<script", text);
        Assert.DoesNotContain("[l](", text);
        Assert.IsFalse(Heading().IsMatch(text[3..]), text);
        Assert.HasCount(1, text.Split('\n').Where(static line => line.StartsWith("| Tags |", StringComparison.Ordinal) && line.Count(static c => c == '|') == 3));
    }

    [TestMethod]
    public void Azure_gets_a_variable_for_this_job_and_one_for_others()
    {
        var reporter = new RecordingReporter();
        PublishReport report = Report("/out", "50%", "two");
        Write(report, reporter, ("TF_BUILD", "True"));
        Assert.Contains($"##vso[task.setvariable variable=devcontainer.digest]{report.Receipt.Image.Digest}", reporter.Statuses);
        Assert.Contains($"##vso[task.setvariable variable=devcontainer.digest;isOutput=true]{report.Receipt.Image.Digest}", reporter.Statuses);
        string name = report.Receipt.Image.Name;
        Assert.Contains($"##vso[task.setvariable variable=devcontainer.tags]{name}:50%AZP25%0A{name}:two", reporter.Statuses);
        Assert.IsTrue(reporter.Statuses.All(static line => !line.Contains('\n', StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task GitLab_gets_a_dotenv_file()
    {
        using var folder = new TemporaryFolder();
        PublishReport report = Report(folder["out"], "one", "two");
        Write(report, new RecordingReporter(), ("GITLAB_CI", "true"));
        string[] lines = await File.ReadAllLinesAsync(folder["out/gitlab.env"]);
        Assert.HasCount(5, lines);
        Assert.Contains($"DEVCONTAINER_DIGEST={report.Receipt.Image.Digest}", lines);
        Assert.Contains($"DEVCONTAINER_TAGS={report.Receipt.Image.Name}:one {report.Receipt.Image.Name}:two", lines);
        await OutputFolder.CleanAsync(folder["out"], TimeSpan.Zero, new RecordingReporter(), CancellationToken.None);
        Assert.IsFalse(Directory.Exists(folder["out"]));
    }

    [TestMethod]
    public void Elsewhere_nobody_is_told()
    {
        using var folder = new TemporaryFolder();
        var reporter = new RecordingReporter();
        Write(Report(folder.Path, "main"), reporter, ("CI", "true"), ("GITHUB_OUTPUT", folder["output"]));
        Assert.IsEmpty(reporter.Statuses);
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static PublishReport Report(string output, params string[] tags) => new()
    {
        Receipt = ReceiptSample.Create(),
        Source = "built",
        Tags = tags,
        OutputPath = output,
    };

    private static void Write(PublishReport report, RecordingReporter reporter, params (string Name, string Value)[] environment) =>
        CISystems.Write(environment.ToDictionary(static v => v.Name, static v => v.Value), report, reporter);

    // As the runner reads the file: a name, two less-than signs and a delimiter; then lines up to the delimiter alone.
    private static Dictionary<string, string> ReadOutputs(string text)
    {
        var outputs = new Dictionary<string, string>();
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
        {
            string[] parts = lines[i].Split("<<", 2);
            int end = Array.IndexOf(lines, parts[1], i + 1);
            outputs.Add(parts[0], string.Join('\n', lines[(i + 1)..end]));
            i = end;
        }

        return outputs;
    }

    [GeneratedRegex("^#", RegexOptions.Multiline)]
    private static partial Regex Heading();
}

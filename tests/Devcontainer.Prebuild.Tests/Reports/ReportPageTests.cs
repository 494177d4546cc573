using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Devcontainer.Diagnostics;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Reports;
using Devcontainer.Prebuild.Tests.Sharing;

namespace Devcontainer.Prebuild.Tests.Reports;

/// <summary>The page about an image: what it says, what it lets nobody say, and how a real browser shows it.</summary>
[TestClass]
public sealed class ReportPageTests
{
    private const string Evil = "</script></style><img src=x onerror=alert(1)>\u0000\u001b[31m]]>&amp;\"'`${x}";

    [TestMethod]
    public void Whatever_others_say_is_text()
    {
        byte[] page = ReportPage.ToBytes(Data(Evil, 3));
        XElement root = Parse(page);
        Assert.IsEmpty(root.Descendants("img"));
        Assert.HasCount(1, root.Descendants("script"));
        Assert.IsFalse(root.DescendantsAndSelf().Attributes().Any(static attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase)));
        Assert.IsGreaterThan(10, root.Value.Split("<img src=x onerror=alert(1)>").Length - 1, "it is there, to be read");
        CollectionAssert.AreEqual(page, ReportPage.ToBytes(Data(Evil, 3)), "the same files give the same page");
    }

    [TestMethod]
    public void A_browser_runs_the_pages_own_script_and_loads_nothing()
    {
        XElement root = Parse(ReportPage.ToBytes(Data("text", 1)));
        string policy = root.Descendants("meta").Single(static meta => (string?)meta.Attribute("http-equiv") == "Content-Security-Policy").Attribute("content")!.Value;
        Assert.StartsWith("default-src 'none'; ", policy);
        foreach (string name in new[] { "script", "style" })
        {
            string digest = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(root.Descendants(name).Single().Value)));
            Assert.Contains($"{name}-src 'sha256-{digest}'", policy);
        }

        Assert.IsEmpty(root.Descendants().Attributes().Where(static attribute => attribute.Name.LocalName is "src" or "style" or "href"));
    }

    [TestMethod]
    public async Task It_is_made_of_the_files_of_the_output_folder()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        Assert.AreEqual(Codes.NothingToLoad, (await Errors.ExpectAsync(Codes.NothingToLoad, () => Task.Run(() => ReportPage.Write(workspace.Output)))).Code);
        await workspace.BuildAsync(registry);
        workspace.Write("repo/.devcontainer/other.txt", "more");
        PrebuildResult built = await workspace.BuildAsync(registry);
        XElement root = Parse(await File.ReadAllBytesAsync(ReportPage.Write(workspace.Output)));
        Assert.Contains(built.Receipt.Image.Digest, root.Value);
        Assert.Contains(".devcontainer/other.txt: added", root.Value);
        Assert.Contains("Layers", root.Value);
        Assert.DoesNotContain("What verifying found", root.Value);

        // What was found in another image is not about this one.
        workspace.Write("output/verify.sarif", Sarif("x@sha256:" + new string('0', 64)));
        Assert.DoesNotContain("What verifying found", Parse(await File.ReadAllBytesAsync(ReportPage.Write(workspace.Output))).Value);
        workspace.Write("output/verify.sarif", Sarif("x@" + built.Receipt.Image.Digest));
        string verified = Parse(await File.ReadAllBytesAsync(ReportPage.Write(workspace.Output))).Value;
        Assert.Contains("does not pass", verified);
        Assert.Contains("a b/Dockerfile:7", verified);

        // Files that are cut off say less.
        workspace.Write("output/verify.sarif", "{");
        workspace.Write("output/metrics.json", "");
        Assert.DoesNotContain("other.txt", Parse(await File.ReadAllBytesAsync(ReportPage.Write(workspace.Output))).Value);
    }

    [TestMethod]
    public async Task A_browser_shows_it_in_any_light_and_on_a_phone()
    {
        string? browser = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "chromium-headless-shell")).FirstOrDefault(File.Exists);
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") != "1" || browser is null)
        {
            Assert.Inconclusive("It needs a browser: eng/test.sh --all.");
        }

        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "package.json", "package-lock.json", "page.mjs" })
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, "Reports", name), folder[name]);
        }

        await File.WriteAllBytesAsync(folder["report.html"], ReportPage.ToBytes(Data(Evil, 2000)));
        await RunAsync(folder.Path, "npm", "ci", "--no-audit", "--no-fund");
        string output = await RunAsync(folder.Path, "node", "page.mjs", browser, folder["report.html"]);
        using JsonDocument views = JsonDocument.Parse(output);
        Assert.AreEqual(4, views.RootElement.GetArrayLength());
        foreach (JsonElement view in views.RootElement.EnumerateArray())
        {
            string name = $"{view.GetProperty("colorScheme")} {view.GetProperty("width")}";
            foreach (string list in new[] { "errors", "requests", "faint" })
            {
                Assert.AreEqual("[]", view.GetProperty(list).GetRawText(), $"{name}: {list}");
            }

            Assert.AreEqual(0, view.GetProperty("overflow").GetInt32(), $"{name}: nothing is wider than the window");
            Assert.AreEqual(2000, view.GetProperty("rows").GetInt32(), name);
            Assert.AreEqual(111, view.GetProperty("filtered").GetInt32(), name);
            Assert.AreEqual("111 of 2000", view.GetProperty("said").GetString(), name);
        }
    }

    private static string Sarif(string image) =>
        $$"""
        { "runs": [{ "properties": { "image": "{{image}}" }, "results": [
          { "ruleId": "secrets/x", "level": "error", "message": { "text": "m" }, "properties": { "severity": "high" },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "a%20b/Dockerfile" }, "region": { "startLine": 7 } } }] }] }] }
        """;

    private static XElement Parse(byte[] page) => XDocument.Parse(Encoding.UTF8.GetString(page).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;

    private static async Task<string> RunAsync(string folder, string program, params string[] arguments)
    {
        var output = new StringBuilder();
        var errors = new StringBuilder();
        ProcessResult result = await new ProcessRunner().RunAsync(
            new ProcessRequest
            {
                FileName = program,
                Arguments = arguments,
                WorkingDirectory = folder,
                Environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(static one => (string)one.Key, static one => (string)one.Value!),
                ReadOutput = async (stream, token) => output.Append(await new StreamReader(stream).ReadToEndAsync(token)),
                OnError = line => errors.AppendLine(line),
            },
            CancellationToken.None);
        Assert.AreEqual(0, result.ExitCode, $"{output}\n{errors}");
        return output.ToString();
    }

    /// <summary>A page with a text wherever others have the word, and many packages, steps and findings.</summary>
    private static ReportData Data(string text, int packages)
    {
        string[] platforms = ["linux/amd64", "linux/arm64"];
        return new ReportData
        {
            Receipt = new Receipt
            {
                Keys = [new CacheKey(KeyTier.Index, null, new string('a', 64))],
                Image = new ReceiptImage(SampleWorkspace.DigestOf('b').Value, 1000, text, text, ["latest", text]),
                Platforms = [.. platforms.Select(static platform => new ReceiptPlatform(platform, SampleWorkspace.DigestOf('c').Value, 1000, 123_456_789, "built", null))],
                Features = [new ReceiptFeature(text, "oci", text, text, text)],
                Bases = [.. platforms.Select(platform => new ReceiptBase(text, platform, text, true))],
                Inputs = [],
                Steps = [.. platforms.SelectMany(platform => Enumerable.Range(0, 30).Select(i => new BuildStep(platform, $"RUN {text} {i}", i % 3 == 0, i)))],
                Built = new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero),
                Seconds = 321,
                Builder = text,
            },
            Source = "built",
            Seconds = 61.5,
            SavedSeconds = 240,
            Changes = [text, "global.json: sdk.version 10.0.400 → 10.0.401"],
            Layers = platforms.ToDictionary(static platform => platform, IReadOnlyList<ReportLayer> (_) => [.. Enumerable.Range(0, 8).Select(i => new ReportLayer(SampleWorkspace.DigestOf('d').Value, i * 20_000_000, $"RUN /bin/sh -c {text}"))]),
            Packages = [.. Enumerable.Range(0, packages).Select(i => new ReportPackage(i % 2 == 0 ? "deb" : "nuget", $"Package-{i}{(i == 1 ? text : "")}", i % 5 == 0 ? text : "1.0.0", platforms))],
            Findings =
            [
                .. Enumerable.Range(0, 20).Select(i => new ReportFinding($"gate/{text}", i % 2 == 0 ? "critical" : "medium", i % 2 == 0, i % 7 == 0, $"{text} is {new string('x', 300)}", $"{text}:7")),
            ],
        };
    }
}

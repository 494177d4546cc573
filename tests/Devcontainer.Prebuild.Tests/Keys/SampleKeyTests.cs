using System.Globalization;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Tests.Keys;

/// <summary>A small workspace, and what changes in it do to its keys.</summary>
[TestClass]
public sealed class SampleKeyTests
{
    private const string Configuration =
        """
        {
          // who reads this
          "name": "sample",
          "build": { "dockerfile": "Dockerfile", "context": "..", "args": { "A": "1" } },
          "features": { "./hello": { "greeting": "hi" } },
          "containerEnv": { "E": "1" },
          "remoteUser": "dev"
        }
        """;

    [TestMethod]
    [DataRow(".devcontainer/Dockerfile", "FROM base:1\nCOPY src /src\nRUN false\n", DisplayName = "Dockerfile")]
    [DataRow("src/a.txt", "other", DisplayName = "a context file")]
    [DataRow("src/new.txt", "new", DisplayName = "a new context file")]
    [DataRow(".devcontainer/hello/install.sh", "#!/bin/sh\n:\n", DisplayName = "a Feature's script")]
    [DataRow(".devcontainer/hello/more.txt", "x", DisplayName = "a new file of a Feature")]
    [DataRow("global.json", "{ \"sdk\": { \"version\": \"10.0.101\" } }", DisplayName = "an input of the environment")]
    public async Task A_change_of_what_the_build_is_given_changes_the_environment_key(string file, string content)
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder => folder.Write(file, content));
        Assert.AreNotEqual(await EnvironmentAsync(before), await EnvironmentAsync(after));
    }

    [TestMethod]
    [DataRow("\"A\": \"1\"", "\"A\": \"2\"", DisplayName = "build argument")]
    [DataRow("\"greeting\": \"hi\"", "\"greeting\": \"ho\"", DisplayName = "option")]
    [DataRow("\"E\": \"1\"", "\"E\": \"2\"", DisplayName = "containerEnv")]
    [DataRow("\"remoteUser\": \"dev\"", "\"remoteUser\": \"root\"", DisplayName = "remoteUser")]
    public async Task A_change_of_the_configuration_that_reaches_the_image_changes_the_environment_key(string old, string changed)
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder => folder.Write(".devcontainer/devcontainer.json", Configuration.Replace(old, changed, StringComparison.Ordinal)));
        Assert.AreNotEqual(await EnvironmentAsync(before), await EnvironmentAsync(after));
    }

    [TestMethod]
    [DataRow("// who reads this", "// somebody", DisplayName = "a comment")]
    [DataRow("\"name\": \"sample\"", "\"name\": \"other\"", DisplayName = "the name")]
    [DataRow("\"name\": \"sample\",", "\"name\": \"sample\", \"runArgs\": [\"--init\"],", DisplayName = "runArgs")]
    public async Task What_does_not_reach_the_image_keeps_the_key(string old, string changed)
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder => folder.Write(".devcontainer/devcontainer.json", Configuration.Replace(old, changed, StringComparison.Ordinal)));
        Assert.AreEqual(await IndexAsync(before), await IndexAsync(after));
    }

    [TestMethod]
    public async Task A_file_that_no_instruction_reads_keeps_the_key()
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder => folder.Write("README.md", "text"));
        Assert.AreEqual(await IndexAsync(before), await IndexAsync(after));
    }

    [TestMethod]
    public async Task Another_part_of_global_json_keeps_the_key()
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder => folder.Write("global.json", "{ \"test\": {}, /* ! */ \"sdk\": { \"version\": \"10.0.100\" } }"));
        Assert.AreEqual(await IndexAsync(before), await IndexAsync(after));
    }

    [TestMethod]
    public async Task Path_times_and_culture_keep_the_key()
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder =>
        {
            foreach (string file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories))
            {
                File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
            }
        });
        string expected = await IndexAsync(before);
        CultureInfo culture = CultureInfo.CurrentCulture;
        try
        {
            // Not by name: machines without ICU know no other culture.
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            other.NumberFormat.NegativeSign = "minus";
            other.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = other;
            Assert.AreEqual(expected, await IndexAsync(after));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [TestMethod]
    public async Task A_package_input_changes_the_image_key_and_not_the_environment_key()
    {
        using var before = await SampleAsync();
        using var after = await SampleAsync(folder => folder.Write("Directory.Packages.props", "<Project><ItemGroup /></Project>"));
        Assert.AreEqual(await EnvironmentAsync(before), await EnvironmentAsync(after));
        Assert.AreNotEqual(await IndexAsync(before), await IndexAsync(after));
    }

    private static Task<TestFolder> SampleAsync(Action<TestFolder>? change = null)
    {
        var folder = new TestFolder();
        folder.Write(".devcontainer/devcontainer.json", Configuration);
        folder.Write(".devcontainer/Dockerfile", "FROM base:1\nCOPY src /src\n");
        folder.Write(".devcontainer/hello/devcontainer-feature.json", """{ "id": "hello", "version": "1.0.0", "options": { "greeting": { "type": "string", "default": "x" } } }""");
        folder.Write(".devcontainer/hello/install.sh", "#!/bin/sh\n");
        folder.Write(".devcontainer/devcontainer-prebuild.lock.json", $$"""
            { "version": 1, "epoch": 0, "images": { "docker.io/library/base:1": { "digest": "sha256:{{new string('a', 64)}}", "platforms": {} } } }
            """);
        folder.Write("src/a.txt", "a");
        folder.Write("global.json", """{ "sdk": { "version": "10.0.100" } }""");
        folder.Write("Directory.Packages.props", "<Project />");
        change?.Invoke(folder);
        return Task.FromResult(folder);
    }

    private static async Task<string> EnvironmentAsync(TestFolder folder) =>
        (await KeysAsync(folder)).Single(key => key.Tier == KeyTier.Environment).Value;

    private static async Task<string> IndexAsync(TestFolder folder) => (await KeysAsync(folder))[^1].Value;

    private static async Task<IReadOnlyList<CacheKey>> KeysAsync(TestFolder folder) => KeyComposer.Compose(await PrebuildInputs.ReadAsync(
        new PrebuildRequest
        {
            ProjectName = "sample",
            ConfigFile = folder[".devcontainer/devcontainer.json"],
            OutputPath = folder["out"],
            Repository = "sample",
            Platforms = [Platform.Parse("linux/amd64")],
            Inputs =
            [
                new DeclaredInput(folder["global.json"], "environment", "json:/sdk"),
                new DeclaredInput(folder["Directory.Packages.props"], "packages", "xml"),
            ],
            Environment = new Dictionary<string, string>(),
        },
        previous: null,
        new Recorder(),
        CancellationToken.None));
}

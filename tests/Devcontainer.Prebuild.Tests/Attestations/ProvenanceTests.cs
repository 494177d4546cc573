using System.Text.Json;
using Devcontainer.Prebuild.Attestations;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.CI;

namespace Devcontainer.Prebuild.Tests.Attestations;

/// <summary>What an image's provenance says of where it comes from, and what it keeps to itself.</summary>
[TestClass]
public sealed class ProvenanceTests
{
    private const string Sha = "0123456789abcdef0123456789abcdef01234567";

    private static readonly Dictionary<string, string> GitHub = new()
    {
        ["GITHUB_ACTIONS"] = "true",
        ["GITHUB_SERVER_URL"] = "https://github.com",
        ["GITHUB_REPOSITORY"] = "me/repo",
        ["GITHUB_REF"] = "refs/heads/main",
        ["GITHUB_SHA"] = Sha,
        ["GITHUB_WORKFLOW_REF"] = "me/repo/.github/workflows/devcontainer.yml@refs/heads/main",
        ["GITHUB_RUN_ID"] = "17",
        ["GITHUB_RUN_ATTEMPT"] = "2",
    };

    private static readonly Dictionary<string, string> Azure = new()
    {
        ["TF_BUILD"] = "True",
        ["SYSTEM_COLLECTIONURI"] = "https://dev.azure.com/me/",
        ["SYSTEM_TEAMPROJECT"] = "a project",
        ["SYSTEM_DEFINITIONID"] = "3",
        ["BUILD_BUILDID"] = "44",
        ["BUILD_REPOSITORY_URI"] = "https://someone:secret-canary@dev.azure.com/me/_git/repo",
        ["BUILD_SOURCEBRANCH"] = "refs/heads/main",
        ["BUILD_SOURCEVERSION"] = Sha,
    };

    private static readonly Dictionary<string, string> GitLab = new()
    {
        ["GITLAB_CI"] = "true",
        ["CI_PROJECT_URL"] = "https://gitlab.com/me/repo",
        ["CI_RUNNER_ID"] = "5",
        ["CI_JOB_URL"] = "https://gitlab.com/me/repo/-/jobs/9",
        ["CI_COMMIT_SHA"] = Sha,
        ["CI_COMMIT_TAG"] = "v1.0.0",
    };

    private static IEnumerable<(string Name, Dictionary<string, string> Environment, string Builder, string Invocation, string Source)> Systems =>
    [
        ("GitHub Actions", GitHub, "https://github.com/me/repo/.github/workflows/devcontainer.yml@refs/heads/main",
            "https://github.com/me/repo/actions/runs/17/attempts/2", "git+https://github.com/me/repo@refs/heads/main"),
        ("Azure Pipelines", Azure, "https://dev.azure.com/me/a%20project/_build?definitionId=3",
            "https://dev.azure.com/me/a%20project/_build/results?buildId=44", "git+https://dev.azure.com/me/_git/repo@refs/heads/main"),
        ("GitLab CI", GitLab, "https://gitlab.com/me/repo/-/runners/5", "https://gitlab.com/me/repo/-/jobs/9", "git+https://gitlab.com/me/repo@refs/tags/v1.0.0"),
    ];

    [TestMethod]
    [DynamicData(nameof(Systems))]
    public async Task A_CI_system_is_the_builder_and_tells_the_source(
        string name, Dictionary<string, string> environment, string builder, string invocation, string source)
    {
        using SampleWorkspace workspace = SampleWorkspace.WithFeatures();
        (JsonElement predicate, string text) = await CreateAsync(workspace, CISystems.Origin(environment, workspace.Folder));
        JsonElement run = predicate.GetProperty("runDetails");
        Assert.AreEqual(builder, run.GetProperty("builder").GetProperty("id").GetString(), name);
        Assert.AreEqual(invocation, run.GetProperty("metadata").GetProperty("invocationId").GetString(), name);
        JsonElement first = predicate.GetProperty("buildDefinition").GetProperty("resolvedDependencies")[0];
        Assert.AreEqual(source, first.GetProperty("uri").GetString(), name);
        Assert.AreEqual(Sha, first.GetProperty("digest").GetProperty("gitCommit").GetString(), name);
        Assert.DoesNotContain("secret-canary", text, name);
    }

    [TestMethod]
    public void The_commit_is_the_one_that_is_checked_out_wherever_the_variables_point()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        string commit = Git.Commit(folder.Path);
        BuildOrigin origin = CISystems.Origin(GitHub, folder.Path);
        Assert.AreEqual((commit, (string?)null), (origin.Commit, origin.Reference));
        Assert.AreEqual("https://github.com/me/repo", origin.Repository);
    }

    [TestMethod]
    public async Task Dependencies_are_the_bases_and_Features_by_digest()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithFeatures();
        PrebuildInputs inputs = await workspace.ReadAsync();
        (JsonElement predicate, _) = await CreateAsync(workspace, BuildOrigin.Local);
        JsonElement definition = predicate.GetProperty("buildDefinition");
        CollectionAssert.AreEqual(
            inputs.Features.Select(static feature => feature.Digest["sha256:".Length..]).Prepend(SampleWorkspace.DigestOf('a').Hex).ToArray(),
            definition.GetProperty("resolvedDependencies").EnumerateArray().Select(static one => one.GetProperty("digest").GetProperty("sha256").GetString()).ToArray());
        Assert.AreEqual(".devcontainer/devcontainer.json", definition.GetProperty("externalParameters").GetProperty("configuration").GetString());
    }

    [TestMethod]
    public async Task Arguments_and_secrets_have_names_and_no_values()
    {
        using SampleWorkspace workspace = SampleWorkspace.WithDockerfile();
        workspace.Request = workspace.Request with
        {
            BuildArguments = [new("PAT", "argument-canary")],
            Environment = new Dictionary<string, string> { ["TOKEN"] = "secret-canary" },
        };
        (JsonElement predicate, string text) = await CreateAsync(workspace, BuildOrigin.Local);
        JsonElement parameters = predicate.GetProperty("buildDefinition").GetProperty("externalParameters");
        CollectionAssert.AreEqual(new[] { "LEVEL", "PAT" }, parameters.GetProperty("buildArguments").EnumerateArray().Select(static name => name.GetString()).ToArray());
        CollectionAssert.AreEqual(new[] { "token" }, parameters.GetProperty("secrets").EnumerateArray().Select(static name => name.GetString()).ToArray());
        Assert.DoesNotContain("canary", text);
    }

    [TestMethod]
    public async Task The_same_build_elsewhere_and_later_has_the_same_provenance()
    {
        using SampleWorkspace one = SampleWorkspace.WithDockerfile();
        using SampleWorkspace other = SampleWorkspace.WithDockerfile();
        Assert.AreEqual((await CreateAsync(one, BuildOrigin.Local)).Text, (await CreateAsync(other, BuildOrigin.Local)).Text);
    }

    private static async Task<(JsonElement Predicate, string Text)> CreateAsync(SampleWorkspace workspace, BuildOrigin origin)
    {
        PrebuildInputs inputs = await workspace.ReadAsync();
        ReceiptBase[] bases = [new(SampleWorkspace.BaseName, "linux/amd64", SampleWorkspace.DigestOf('a').Value, IsAncestor: true)];
        byte[] predicate = Provenance.Create(inputs, SampleWorkspace.Amd64, bases, origin);
        return (JsonElement.Parse(predicate), System.Text.Encoding.UTF8.GetString(predicate));
    }
}

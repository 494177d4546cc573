using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class FeatureInstallOrderTests
{
    [TestMethod]
    [DataRow("c b a", "", "", "a b c", DisplayName = "by id within a round")]
    [DataRow("a b", "a>b", "", "b a", DisplayName = "installsAfter")]
    [DataRow("a", "a>b", "", "a", DisplayName = "installsAfter brings nothing in")]
    [DataRow("a", "a:b b:c", "", "c b a", DisplayName = "dependsOn brings in what it needs, and what that needs")]
    [DataRow("a b c", "", "c", "c a b", DisplayName = "what is to be first")]
    [DataRow("a b c", "", "c b", "c b a", DisplayName = "what is to be first, in that order")]
    [DataRow("a b c", "c>b", "c", "a b c", DisplayName = "a dependency comes before a wish")]
    [DataRow("a b c d", "d:c", "d", "a b c d", DisplayName = "a wish does not pull its dependencies ahead")]
    [DataRow("b a", "a:b", "", "b a", DisplayName = "what is asked for and needed is installed once")]
    [DataRow("B a", "", "", "a B", DisplayName = "letters before case")]
    [DataRow("a1 a-1 a_1 A1", "", "", "a_1 a-1 a1 A1", DisplayName = "punctuation before digits before letters")]
    public async Task Features_come_in_the_order_of_the_reference(string asked, string edges, string first, string expected)
    {
        using var workspace = Graph(asked, edges, first);
        Assert.AreEqual(expected, await OrderAsync(workspace));
    }

    [TestMethod]
    public async Task One_Feature_with_different_options_is_installed_twice()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./a":{"v":"2"},"./b":{}}}""");
        workspace.Feature("a", """{"options":{"v":{"type":"string"}}}""");
        workspace.Feature("b", """{"dependsOn":{"./a":{"v":"1"}}}""");
        Assert.AreEqual("a{\"v\":\"1\"} a{\"v\":\"2\"} b{}", string.Join(' ', (await workspace.ResolveAsync())
            .Select(feature => feature.Metadata.Id + feature.Options.ToJson())));
    }

    [TestMethod]
    [DataRow("a", "a:a", "./a → ./a")]
    [DataRow("a b", "a:b b:a", "./a → ./b → ./a")]
    [DataRow("a", "a:b b:c c:b", "./b → ./c → ./b")]
    [DataRow("a b", "a>b b>a", "./a → ./b → ./a")]
    public async Task A_circle_is_an_error_that_shows_it(string asked, string edges, string circle)
    {
        using var workspace = Graph(asked, edges, "");
        Diagnostic error = await Expect.ErrorAsync(Codes.FeatureCycle, workspace.ResolveAsync);
        Assert.Contains(circle, error.Message);
    }

    [TestMethod]
    public async Task A_chain_of_500_is_an_error_that_shows_its_ends()
    {
        string edges = string.Join(' ', Enumerable.Range(0, 500).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i}:f{i + 1}")));
        using var workspace = Graph("f0", edges, "");
        Diagnostic error = await Expect.ErrorAsync(Codes.FeatureChainTooLong, workspace.ResolveAsync);
        Assert.Contains("./f0 → ./f1 → ./f2 → ./f3 → … → ./f98 → ./f99 → ./f100", error.Message);
    }

    [TestMethod]
    public async Task A_chain_of_100_is_installed()
    {
        string edges = string.Join(' ', Enumerable.Range(0, 99).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i}:f{i + 1}")));
        using var workspace = Graph("f0", edges, "");
        Assert.HasCount(100, await workspace.ResolveAsync());
    }

    [TestMethod]
    public async Task Cancellation_stops_the_search()
    {
        using var workspace = Graph("a", "", "");
        DevcontainerConfiguration configuration = workspace.Load();
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
            await FeatureInstallOrder.ResolveAsync(configuration, new LocalFeatureSource(configuration), new CancellationToken(canceled: true)));
    }

    private static async Task<string> OrderAsync(Workspace workspace) =>
        string.Join(' ', (await workspace.ResolveAsync()).Select(feature => feature.Metadata.Id));

    /// <param name="asked">Names of Features.</param>
    /// <param name="edges"><c>a:b</c> for a depends on b, <c>a&gt;b</c> for a installs after b.</param>
    /// <param name="first">Names for overrideFeatureInstallOrder.</param>
    private static Workspace Graph(string asked, string edges, string first)
    {
        string features = string.Join(',', Split(asked).Select(name => $"\"./{name}\":{{}}"));
        string order = string.Join(',', Split(first).Select(name => $"\"./{name}\""));
        var workspace = new Workspace($$"""{"image":"a","features":{ {{features}} },"overrideFeatureInstallOrder":[{{order}}]}""");
        ILookup<string, string> hard = Edges(':');
        ILookup<string, string> soft = Edges('>');
        foreach (string name in Split(asked).Concat(hard.Select(group => group.Key)).Concat(hard.SelectMany(group => group)).Distinct())
        {
            string dependsOn = string.Join(',', hard[name].Select(other => $"\"./{other}\":{{}}"));
            string after = string.Join(',', soft[name].Select(other => $"\"./{other}\""));
            workspace.Feature(name, $$"""{"id":"{{name}}","dependsOn":{ {{dependsOn}} },"installsAfter":[{{after}}]}""");
        }

        return workspace;

        ILookup<string, string> Edges(char separator) => Split(edges).Where(edge => edge.Contains(separator, StringComparison.Ordinal))
            .Select(edge => edge.Split(separator)).ToLookup(parts => parts[0], parts => parts[1]);

        static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}

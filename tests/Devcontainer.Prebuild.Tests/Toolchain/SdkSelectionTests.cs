using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Toolchain;

namespace Devcontainer.Prebuild.Tests.Toolchain;

/// <summary>What global.json takes, by the table of learn.microsoft.com, "global.json overview".</summary>
[TestClass]
public sealed class SdkSelectionTests
{
    private const string Published =
        "8.0.100 8.0.110 8.0.302 8.0.303 8.0.402 8.1.100 9.0.100-rc.2.1 9.0.100 9.0.105 9.0.200 9.0.203 10.0.100 10.0.101 10.0.200 11.0.100-preview.2.9 11.0.100-preview.10.1";

    [TestMethod]
    // Without a rollForward it is patch: the version itself, or the latest patch.
    [DataRow("""{ "version": "8.0.302" }""", "8.0.302")]
    [DataRow("""{ "version": "8.0.301" }""", "8.0.303")]
    [DataRow("""{ "version": "8.0.304" }""", null)]
    [DataRow("""{ "version": "8.0.302", "rollForward": "patch" }""", "8.0.302")]
    [DataRow("""{ "version": "8.0.302", "rollForward": "disable" }""", "8.0.302")]
    [DataRow("""{ "version": "8.0.301", "rollForward": "disable" }""", null)]
    [DataRow("""{ "version": "8.0.302", "rollForward": "feature" }""", "8.0.303")]
    [DataRow("""{ "version": "8.0.200", "rollForward": "feature" }""", "8.0.303")]
    [DataRow("""{ "version": "8.0.403", "rollForward": "feature" }""", null)]
    [DataRow("""{ "version": "8.0.100", "rollForward": "minor" }""", "8.0.110")]
    [DataRow("""{ "version": "8.0.403", "rollForward": "minor" }""", "8.1.100")]
    [DataRow("""{ "version": "8.1.101", "rollForward": "minor" }""", null)]
    [DataRow("""{ "version": "8.1.101", "rollForward": "major", "allowPrerelease": false }""", "9.0.105")]
    [DataRow("""{ "version": "9.0.300", "rollForward": "major" }""", "10.0.101")]
    [DataRow("""{ "version": "8.0.302", "rollForward": "latestPatch" }""", "8.0.303")]
    [DataRow("""{ "version": "8.0.304", "rollForward": "latestPatch" }""", null)]
    [DataRow("""{ "version": "8.0.302", "rollForward": "latestFeature" }""", "8.0.402")]
    [DataRow("""{ "version": "8.0.302", "rollForward": "latestMinor" }""", "8.1.100")]
    [DataRow("""{ "version": "8.0.302", "rollForward": "latestMajor" }""", "11.0.100-preview.10.1")]
    [DataRow("""{ "version": "8.0.302", "rollForward": "LATESTMAJOR", "allowPrerelease": false }""", "10.0.200")]
    [DataRow("""{ "allowPrerelease": false }""", "10.0.200")]
    [DataRow("""{ "rollForward": "latestMajor" }""", "11.0.100-preview.10.1")]
    [DataRow("{}", "11.0.100-preview.10.1")]
    [DataRow("""{ "version": "9.0.100-rc.1.5" }""", "9.0.105")]
    [DataRow("""{ "version": "11.0.100-preview.2.1", "allowPrerelease": false }""", "11.0.100-preview.10.1")]
    public void Each_policy_takes_what_the_documentation_says(string sdk, string? expected)
    {
        Assert.AreEqual(expected, Read($$"""{ "sdk": {{sdk}} /* a comment */ }""").Select(Versions(Published))?.ToString());
    }

    [TestMethod]
    public void The_order_of_what_is_published_does_not_count()
    {
        SdkSelection selection = Read("""{ "sdk": { "version": "8.0.200", "rollForward": "feature" } }""");
        Assert.AreEqual("8.0.303", selection.Select(Versions(Published).Reverse())?.ToString());
    }

    [TestMethod]
    [DataRow("""{ "sdk": { "version": "10.0" } }""", "no whole version")]
    [DataRow("""{ "sdk": { "version": "10.0.x" } }""", "no whole version")]
    [DataRow("""{ "sdk": { "version": 10 } }""", "Number")]
    [DataRow("""{ "sdk": { "version": "10.0.100", "rollForward": "sideways" } }""", "disable, patch, feature, minor, major, latestPatch")]
    [DataRow("""{ "sdk": { "version": "10.0.100", "rollForward": "3" } }""", "disable, patch")]
    [DataRow("""{ "sdk": { "rollForward": "latestPatch" } }""", "needs an sdk.version")]
    [DataRow("""{ "sdk": { "version": "10.0.100", "allowPrerelease": "no" } }""", "String")]
    [DataRow("""{ "sdk": [] }""", "Array")]
    [DataRow("""{ "sdk": """, "depth")]
    public void What_dotnet_would_ignore_is_an_error(string json, string says)
    {
        Diagnostic error = Errors.Expect(Codes.GlobalJsonInvalid, () => Read(json));
        Assert.Contains(says, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("global.json", error.Location!.File);
    }

    [TestMethod]
    public void A_selection_has_a_name_that_tells_it_from_others()
    {
        string[] names =
        [
            .. new[]
            {
                "{}", """{ "allowPrerelease": false }""", """{ "version": "10.0.100" }""", """{ "version": "10.0.100", "rollForward": "latestFeature" }""",
                """{ "version": "10.0.100", "rollForward": "latestFeature", "allowPrerelease": false }""",
            }.Select(static sdk => Read($$"""{ "sdk": {{sdk}} }""").Name),
        ];
        CollectionAssert.AreEqual(
            new[] { "latest", "latest no-prerelease", "10.0.100", "10.0.100 latestFeature", "10.0.100 latestFeature no-prerelease" }, names);
    }

    private static IEnumerable<SdkVersion> Versions(string text) =>
        text.Split(' ').Select(static one => SdkVersion.TryParse(one, out SdkVersion? version) ? version : throw new FormatException(one));

    private static SdkSelection Read(string json)
    {
        using var folder = new TemporaryFolder();
        return SdkSelection.Read(folder.Write("global.json", json));
    }
}

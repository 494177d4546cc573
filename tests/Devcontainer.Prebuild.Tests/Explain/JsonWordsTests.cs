using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Explain;

[TestClass]
public sealed class JsonWordsTests
{
    [TestMethod]
    [DataRow("json:/sdk", """{"version":"1"}""", """{"version":"2"}""", "sdk.version 1 → 2")]
    [DataRow("json:/sdk", """{"version":"1"}""", """{"rollForward":"major","version":"1"}""", "sdk.rollForward added (major)")]
    [DataRow("json:/sdk", """{"allowPrerelease":true,"version":"1"}""", """{"version":"1"}""", "sdk.allowPrerelease removed (true)")]
    [DataRow("json:/sdk", "{}", """{"version":"1"}""", "sdk.version added (1)")]
    [DataRow("json:/sdk", """{"paths":{}}""", "{}", "sdk.paths removed ({})")]
    [DataRow("json:/sdk", """{"paths":["a"]}""", """{"paths":["a","b"]}""", """sdk.paths ["a"] → ["a","b"]""")]
    [DataRow("json:/sdk/version", "\"1\"", "\"2\"", "sdk.version 1 → 2")]
    [DataRow("json", """{"tools":{"a":{"version":"1"},"b":{"version":"1"}}}""", """{"tools":{"a":{"version":"2"},"b":{"version":"3"}}}""", "tools.a.version 1 → 2, tools.b.version 1 → 3")]
    [DataRow("json", "1", "2", "its value 1 → 2")]
    public void What_differs_is_named_by_its_property(string projection, string from, string to, string expected) =>
        Assert.AreEqual(expected, JsonWords.Describe(from, to, projection));

    [TestMethod]
    public void A_difference_behind_a_name_that_is_there_twice_is_told_by_digest()
    {
        ReceiptInput Of(string value, char digit) => new("global.json", "environment", "json", new string(digit, 64), Value: value);
        Assert.AreEqual(
            "global.json: what counts of it changed (json; sha256 111111111111… → 222222222222…)",
            ExplainedInputs.Between([Of("""{"a":{"b":1},"a.b":3}""", '1')], [Of("""{"a":{"b":2},"a.b":3}""", '2')]).Single().Text);
    }
}

using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Tests.Receipts;

[TestClass]
public sealed class InputChangesTests
{
    [TestMethod]
    [DataRow("a=1 b=2", "a=1 b=2", "")]
    [DataRow("a=1 b=2", "b=2 a=1", "")]
    [DataRow("a=1", "a=2", "a changed")]
    [DataRow("a=1", "b=1", "a is gone, b is new")]
    [DataRow("", "c=1 a=1 b=1", "a is new, b is new, c is new")]
    [DataRow("", "a=1 b=1 c=1 d=1 e=1 f=1 g=1", "a is new, b is new, c is new, d is new, e is new and 2 more")]
    public void What_differs_is_named(string before, string now, string expected) =>
        Assert.AreEqual(expected, InputChanges.Describe(Inputs(before), Inputs(now)));

    [TestMethod]
    public void A_file_that_is_read_in_two_ways_is_two_inputs() =>
        Assert.AreEqual(
            "global.json changed",
            InputChanges.Describe(
                [new("global.json", "environment", "json:/sdk", "1"), new("global.json", "packages", "json", "2")],
                [new("global.json", "environment", "json:/sdk", "1"), new("global.json", "packages", "json", "3")]));

    private static ReceiptInput[] Inputs(string text) =>
    [
        .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')).Select(static pair => new ReceiptInput(pair[0], "environment", "raw", pair[1])),
    ];
}

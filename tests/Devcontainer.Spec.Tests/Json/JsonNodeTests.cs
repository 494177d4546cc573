using System.Globalization;
using Devcontainer.Diagnostics;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class JsonNodeTests
{
    [TestMethod]
    [DataRow("{ // line\n \"a\": 1, /* block */ \"b\": [1, 2,], }", """{"a":1,"b":[1,2]}""", DisplayName = "comments and trailing commas")]
    [DataRow("{\"a\" /* 1 */ : // 2\r\n \"//\" /**/ , \"/*\\\"*/\":/* \" */1,/**/}", """{"a":"//","/*\"*/":1}""", DisplayName = "comments everywhere, and what only looks like one")]
    [DataRow("\uFEFF{\"a\":1}", """{"a":1}""", DisplayName = "byte order mark")]
    [DataRow("{\r\n\"a\":1\r\n}\r\n", """{"a":1}""", DisplayName = "CRLF")]
    [DataRow("""{"a":1,"b":2,"a":3}""", """{"a":3,"b":2}""", DisplayName = "a duplicate keeps its first place and its last value")]
    [DataRow("""{"b":0,"10":1,"9":2,"01":3,"-1":4}""", """{"9":2,"10":1,"b":0,"01":3,"-1":4}""", DisplayName = "array indices first")]
    [DataRow("""["ä<&>'\/\u0041\u001f"]""", """["ä<&>'/A\u001f"]""", DisplayName = "only the escapes that JSON demands")]
    [DataRow("\"\U0001F600\u2028\u007f\"", "\"\U0001F600\u2028\u007f\"", DisplayName = "pairs, line separators and DEL are written as they are")]
    [DataRow("[true,false,null,{},[]]", "[true,false,null,{},[]]")]
    public void Text_reads_and_writes_as_JavaScript_does(string text, string expected) =>
        Assert.AreEqual(expected, JsonNode.Parse(text).ToJson());

    /// <summary>Expected values as printed by Node 20: <c>JSON.stringify(JSON.parse(text))</c>.</summary>
    [TestMethod]
    [DataRow("5901.0", "5901")]
    [DataRow("-0", "0")]
    [DataRow("0.1", "0.1")]
    [DataRow("-1.5e3", "-1500")]
    [DataRow("1e21", "1e+21")]
    [DataRow("1e20", "100000000000000000000")]
    [DataRow("123456789012345680000", "123456789012345680000")]
    [DataRow("0.000001", "0.000001")]
    [DataRow("0.0000001", "1e-7")]
    [DataRow("1.25e-9", "1.25e-9")]
    [DataRow("9007199254740993", "9007199254740992")]
    [DataRow("9.9999999999999999e22", "1e+23")]
    [DataRow("5e-324", "5e-324")]
    [DataRow("1.7976931348623157e308", "1.7976931348623157e+308")]
    [DataRow("1e400", "null")]
    [DataRow("100.25", "100.25")]
    public void Numbers_are_written_as_JavaScript_does(string text, string expected) =>
        Assert.AreEqual(expected, JsonNode.Parse(text).ToJson());

    [TestMethod]
    public void Indentation_is_that_of_JSON_stringify() =>
        Assert.AreEqual(
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}",
            JsonNode.Parse("""{"a":[1,{}],"b":[]}""").ToJson(2));

    [TestMethod]
    public void Values_and_names_know_where_they_are_written()
    {
        var root = (JsonObject)JsonNode.Parse("{\r\n  \"ä😀\": /* é */ [\n1,  \"x\"]}");
        JsonProperty property = root[0];
        Assert.AreEqual(new TextPosition(1, 1), root.Position);
        Assert.AreEqual(new TextPosition(2, 3), property.Position);
        Assert.AreEqual(new TextPosition(2, 18), property.Value.Position);
        Assert.AreEqual(new TextPosition(3, 5), ((JsonArray)property.Value)[1].Position);
    }

    [TestMethod]
    [DataRow("{\n  \"é\": x }", 2, 8)]
    [DataRow("{\"a\":1} {", 1, 9)]
    [DataRow("", 1, 1)]
    [DataRow("{\"a\":", 1, 6)]
    [DataRow("// only a comment", 1, 18)]
    [DataRow("{\n /* é */ /* open }", 2, 10)]
    [DataRow("{ / }", 1, 3)]
    public void Broken_JSON_is_an_error_at_its_place(string text, int line, int column)
    {
        Diagnostic error = Expect.Error(Codes.ConfigurationNotJson, () => JsonNode.Parse(text, "x.json"));
        Assert.AreEqual(new SourceLocation("x.json", line, column), error.Location);
    }

    [TestMethod]
    [DataRow("""{"a":"\ud800"}""", 1, 6, DisplayName = "lone surrogate")]
    [DataRow("""{"\udc00":1}""", 1, 2, DisplayName = "lone surrogate in a name")]
    public void Text_that_is_not_Unicode_is_refused(string text, int line, int column)
    {
        Diagnostic error = Expect.Error(Codes.TextNotUnicode, () => JsonNode.Parse(text, "x.json"));
        Assert.AreEqual(new SourceLocation("x.json", line, column), error.Location);
    }

    [TestMethod]
    public void Bytes_that_are_not_UTF8_are_refused() =>
        Expect.Error(Codes.TextNotUnicode, () => JsonNode.Parse([(byte)'"', 0xC3, 0x28, (byte)'"']));

    [TestMethod]
    public void Strings_with_half_a_pair_are_refused() => Expect.Error(Codes.TextNotUnicode, () => JsonNode.Parse("\"\ud800\""));

    [TestMethod]
    [DataRow("""{"a":{"x\u001b[31m":1}}""", DisplayName = "ESC")]
    [DataRow("""{"x\ny":1}""", DisplayName = "newline")]
    [DataRow("""{"\u0000":1}""", DisplayName = "NUL")]
    public void Control_characters_in_names_are_refused_and_not_printed(string text)
    {
        Diagnostic error = Expect.Error(Codes.ControlCharacterInName, () => JsonNode.Parse(text));
        Assert.IsFalse(error.Message.Any(char.IsControl), error.Message);
    }

    [TestMethod]
    public void Ten_thousand_levels_are_refused_at_the_first_one_too_many()
    {
        string deep = new string('[', 10_000) + new string(']', 10_000);
        Diagnostic error = Expect.Error(Codes.JsonTooDeep, () => JsonNode.Parse(deep));
        Assert.AreEqual(129, error.Location!.Column);
        _ = JsonNode.Parse(new string('[', 128) + new string(']', 128));
    }

    [TestMethod]
    public void A_file_of_100_MB_is_refused_without_being_read()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("big.json");
        using (FileStream stream = File.Create(file))
        {
            stream.SetLength(100 * 1024 * 1024);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Expect.Error(Codes.JsonTooLarge, () => JsonNode.Load(file));
        Assert.IsLessThan(1024 * 1024, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void A_folder_in_place_of_a_file_is_a_coded_error()
    {
        using var folder = new TemporaryFolder();
        Expect.Error(Codes.FileNotReadable, () => JsonNode.Load(folder.Path));
    }

    [TestMethod]
    public void Text_over_the_limit_is_refused() =>
        Expect.Error(Codes.JsonTooLarge, () => JsonNode.Parse("[1,2,3,4]", null, new JsonLimits(8, 8)));

    [TestMethod]
    public void Writing_is_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
        try
        {
            Assert.AreEqual("[-1.5,1e-7]", JsonNode.Parse("[-1.5,1e-7]").ToJson());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void What_is_written_reads_back_equal() => Prop.ForAll(Arbitrary.Json, node =>
        JsonNode.DeepEquals(node, JsonNode.Parse(node.ToJson())) && JsonNode.DeepEquals(node, JsonNode.Parse(node.ToJson(2)))).QuickCheckThrowOnFailure();

    [TestMethod]
    public void Numbers_read_back_to_the_same_bits() => Prop.ForAll(Arbitrary.Doubles, value =>
        double.Parse(JsonText.Number(value), CultureInfo.InvariantCulture) == value).QuickCheckThrowOnFailure();
}

using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Inputs;

[TestClass]
public sealed class InputProjectionTests
{
    [TestMethod]
    [DataRow("text", "a\nb", "a\r\nb")]
    [DataRow("text", "a\n\n", "a\r\n\r\n")]
    [DataRow("text", "a", "\uFEFFa")]
    [DataRow("text", "", "")]
    [DataRow("json", """{"a":1,"b":2}""", """{ "b": 2, "a": 1 }""")]
    [DataRow("json", """{"a":1}""", "// c\n{ \"a\": /* c */ 1, }\n")]
    [DataRow("json", """{"a":1}""", "\uFEFF{\"a\":1}")]
    [DataRow("json", """{"a":2}""", """{"a":1,"a":2}""")]
    [DataRow("json", """{"a":"é"}""", """{"a":"\u00e9"}""")]
    [DataRow("json", """{"é":[1]}""", """{"\u00e9":[ 1 ]}""")]
    [DataRow("json", """{"a":{"y":1,"x":[{"d":1,"c":2}]}}""", """{"a":{"x":[{"c":2,"d":1}],"y":1}}""")]
    [DataRow("json:/sdk", """{"sdk":1,"test":1}""", """{"test":2,"sdk":1}""")]
    [DataRow("json:/sdk/version", """{"sdk":{"version":"1","rollForward":"x"}}""", """{"sdk":{"version":"1"}}""")]
    [DataRow("json:/sdk", "{}", """{"test":2}""")]
    [DataRow("json:/sdk/version", "{}", """{"sdk":["version"]}""")]
    [DataRow("json:/a~1b", """{"a/b":1,"c":1}""", """{"a/b":1,"c":2}""")]
    [DataRow("json:/a~0b", """{"a~b":1,"c":1}""", """{"a~b":1,"c":2}""")]
    [DataRow("json:/", """{"":1,"c":1}""", """{"":1}""")]
    [DataRow("xml", "<p><a/></p>", "<!-- c --><p>\n  <a></a>\n</p>\n")]
    [DataRow("xml", "<p a=\"1\" b=\"2\"/>", "<p b='2'   a='1' />")]
    [DataRow("xml", "<p>a\nb</p>", "<p>a\r\nb</p>")]
    [DataRow("xml", "<p>1.0</p>", "<p>1<!-- c -->.0</p>")]
    [DataRow("xml", "<p>1.0</p>", "<p>1<?pi?>.0</p>")]
    [DataRow("xml", "<p>a&lt;b</p>", "<p><![CDATA[a<b]]></p>")]
    [DataRow("xml", "<p/>", "<?xml version=\"1.0\" encoding=\"utf-8\"?><?pi x?><p/>")]
    [DataRow("xml", "<p/>", "\uFEFF<p/>")]
    public void What_does_not_count_comes_to_the_same(string projection, string one, string other) =>
        CollectionAssert.AreEqual(Apply(projection, one), Apply(projection, other));

    [TestMethod]
    [DataRow("raw", "a\n", "a\r\n")]
    [DataRow("raw", "a", "a ")]
    [DataRow("text", "a\nb", "a\rb")]
    [DataRow("text", "a\n", "a")]
    [DataRow("text", "a\r\r\n", "a\r\n")]
    [DataRow("text", "a b", "a  b")]
    [DataRow("json", """{"a":1}""", """{"a":"1"}""")]
    [DataRow("json", """{"a":[1,2]}""", """{"a":[2,1]}""")]
    [DataRow("json", """{"a":null}""", "{}")]
    [DataRow("json", """{"a":{}}""", """{"a":[]}""")]
    [DataRow("json", """{"a":" x"}""", """{"a":"x"}""")]
    [DataRow("json", """{"a":"\",\"b\":\""}""", """{"a":"","b":""}""")]
    [DataRow("json:/sdk", """{"sdk":1}""", """{"sdk":2}""")]
    [DataRow("json:/sdk", """{"sdk":null}""", "{}")]
    [DataRow("xml", "<p><a/><b/></p>", "<p><b/><a/></p>")]
    [DataRow("xml", "<p><a/></p>", "<p></p><!-- <a/> -->")]
    [DataRow("xml", "<p><a/><b/></p>", "<p><a><b/></a></p>")]
    [DataRow("xml", "<p a=\"1\"/>", "<p a=\"2\"/>")]
    [DataRow("xml", "<p a=\"1\"/>", "<p b=\"1\"/>")]
    [DataRow("xml", "<p a=\"1\"/>", "<p><a>1</a></p>")]
    [DataRow("xml", "<p>a</p>", "<p>a </p>")]
    [DataRow("xml", "<p>a</p>", "<p a=\"\"/>")]
    [DataRow("xml", "<p>/0:</p>", "<p></p>")]
    [DataRow("xml", "<p xml:space=\"preserve\"> </p>", "<p xml:space=\"preserve\">  </p>")]
    [DataRow("xml", "<p xmlns=\"a\"/>", "<p xmlns=\"b\"/>")]
    public void What_counts_does_not_come_to_the_same(string projection, string one, string other) =>
        CollectionAssert.AreNotEqual(Apply(projection, one), Apply(projection, other));

    [TestMethod]
    [DataRow("json", "", 1)]
    [DataRow("json", "{\n  \"a\": 1\n  \"b\": 2\n}", 3)]
    [DataRow("json", "{} {}", 1)]
    [DataRow("json:/sdk", "{\n\"sdk\": ", 2)]
    [DataRow("json", "{\"a\": \"\\ud800\"}", 0)]
    [DataRow("json", "{\"\\ud800\": 1}", 0)]
    [DataRow("xml", "", 0)]
    [DataRow("xml", "<a>\n</b>", 2)]
    [DataRow("xml", "<a>\n<b>\n", 3)]
    [DataRow("xml", "text", 1)]
    [DataRow("xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", 0)]
    [DataRow("xml", "<?xml version=\"1.0\" encoding=\"no-such-encoding\"?><a/>", 1)]
    [DataRow("xml", "<a>\u0001</a>", 1)]
    public void A_file_that_is_not_of_its_kind_is_an_error_at_its_place(string projection, string content, int line)
    {
        Diagnostic error = Errors.Expect(Codes.ProjectionFailed, () => Apply(projection, content));
        Assert.AreEqual("/w/file", error.Location!.File);
        Assert.AreEqual(line, error.Location.Line);
    }

    [TestMethod]
    [DataRow("json", "{\"a\":\"\xff\"}")]
    [DataRow("json", "{\"\xff\":1}")]
    [DataRow("xml", "<a>\xff</a>")]
    public void Bytes_that_are_no_text_are_an_error(string projection, string latin1) => Errors.Expect(
        Codes.ProjectionFailed, () => InputProjection.Apply(new DeclaredInput("/w/file", "packages", projection), Encoding.Latin1.GetBytes(latin1)));

    [TestMethod]
    public void Deep_nesting_is_an_error_and_no_crash()
    {
        string open = new('[', 100_000);
        Errors.Expect(Codes.ProjectionFailed, () => Apply("json", open));
        Errors.Expect(Codes.ProjectionFailed, () => Apply("json:/a", $"{{\"a\":{open}"));
        byte[] deep = Apply("xml", string.Concat(Enumerable.Repeat("<a>", 20_000)) + string.Concat(Enumerable.Repeat("</a>", 20_000)));
        Assert.IsGreaterThan(20_000, deep.Length);
    }

    [TestMethod]
    [DataRow("yaml")]
    [DataRow("JSON")]
    [DataRow("json:")]
    [DataRow("json:sdk")]
    [DataRow("xml:/a")]
    public void An_unknown_projection_is_an_error(string projection)
    {
        Diagnostic error = Errors.Expect(Codes.ProjectionUnknown, () => Apply(projection, "{}"));
        Assert.Contains($"'{projection}'", error.Message);
    }

    private static byte[] Apply(string projection, string content) =>
        InputProjection.Apply(new DeclaredInput("/w/file", "packages", projection), Encoding.UTF8.GetBytes(content));
}

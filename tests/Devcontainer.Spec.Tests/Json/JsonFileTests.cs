using System.Text;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class JsonFileTests
{
    [TestMethod]
    [DataRow("{\"image\":\"old\"}", "{\"image\":\"new\"}")]
    [DataRow("\uFEFF{\r\n\t// \"image\": \"no\"\r\n\t\"image\" /* \"old\" */ : /* here */ \"old\" , // and why\r\n}\r\n", "\uFEFF{\r\n\t// \"image\": \"no\"\r\n\t\"image\" /* \"old\" */ : /* here */ \"new\" , // and why\r\n}\r\n")]
    [DataRow("{\n \"a\": {\"image\": \"x\"}, \"ä\U0001F600\": 1, \"image\": \"o\\\"l\\\\d\\u0041\", }", "{\n \"a\": {\"image\": \"x\"}, \"ä\U0001F600\": 1, \"image\": \"new\", }")]
    [DataRow("{\"image\":\"first\",\n\"image\":\"last\"}", "{\"image\":\"first\",\n\"image\":\"new\"}")]
    [DataRow("/* é\n\U0001F600 */ {\"image\"\r:\r\"old\"}", "/* é\n\U0001F600 */ {\"image\"\r:\r\"new\"}")]
    public void A_string_is_replaced_and_nothing_else(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual(expected, Encoding.UTF8.GetString(Replace(folder, Encoding.UTF8.GetBytes(text), "new")));
    }

    [TestMethod]
    public void What_JSON_does_not_take_as_it_is_is_escaped()
    {
        using var folder = new TemporaryFolder();
        Assert.AreEqual("""{"image":"a\"\\\nä"}""", Encoding.UTF8.GetString(Replace(folder, "{\"image\":\"old\"}"u8.ToArray(), "a\"\\\nä")));
    }

    /// <summary>Comments need not be text: bytes that are not UTF-8 are counted as the reader counts them.</summary>
    [TestMethod]
    [DataRow(new byte[] { 0xE4 })]
    [DataRow(new byte[] { 0xF0, 0x9F, 0x98 })]
    [DataRow(new byte[] { 0xC0, 0x80, 0xED, 0xA0, 0x80 })]
    public void Bytes_that_are_not_text_move_nothing(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        byte[] text = [.. "{/* "u8, .. bytes, .. " */ \"image\": \"old\"}"u8];
        byte[] expected = [.. "{/* "u8, .. bytes, .. " */ \"image\": \"new\"}"u8];
        CollectionAssert.AreEqual(expected, Replace(folder, text, "new"));
    }

    private static byte[] Replace(TemporaryFolder folder, byte[] text, string with)
    {
        string path = Path.Combine(folder.Path, "devcontainer.json");
        File.WriteAllBytes(path, text);
        JsonFile file = JsonFile.Load(path);
        return file.With((JsonString)((JsonObject)file.Root)["image"]!, with);
    }
}

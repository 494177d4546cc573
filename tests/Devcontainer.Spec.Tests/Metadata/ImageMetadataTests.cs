using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class ImageMetadataTests
{
    [TestMethod]
    public async Task The_label_holds_the_base_the_Features_in_order_and_the_configuration_as_written()
    {
        using var workspace = new Workspace("""
            {
              "image": "a", "name": "not kept",
              "remoteUser": "vscode", "customizations": {"vscode": {"settings": {"$x": "a\"b"}}}, "postCreateCommand": "echo ${localEnv:HOME}",
              "features": {"./b": {}, "./a": {"v": "1"}}
            }
            """);
        workspace.Feature("a", """{"id":"a","installsAfter":["./b"],"mounts":["source=x,target=/x"],"onCreateCommand":"a","containerEnv":{"A":"1"}}""");
        workspace.Feature("b", """{"id":"b","privileged":true,"extensions":["e"]}""");
        DevcontainerConfiguration configuration = workspace.Load();
        ImageMetadata metadata = Parse("""[{"remoteUser":"base"}]""").With(await workspace.ResolveAsync(), configuration);
        Assert.AreEqual(
            """
            [ {"remoteUser":"base"}, {"id":"./b","privileged":true,"customizations":{"vscode":{"extensions":["e"]}}}, {"id":"./a","onCreateCommand":"a","mounts":["source=x,target=/x"]}, {"postCreateCommand":"echo ${localEnv:HOME}","customizations":{"vscode":{"settings":{"$x":"a\"b"}}},"remoteUser":"vscode"} ]
            """,
            metadata.ToLabel());
    }

    [TestMethod]
    public void Without_anything_to_say_there_is_no_label()
    {
        using var workspace = new Workspace("""{"image":"a"}""");
        Assert.IsNull(ImageMetadata.Empty.With([], workspace.Load()).ToLabel());
    }

    [TestMethod]
    [DataRow(null, 0)]
    [DataRow("", 0)]
    [DataRow("[]", 0)]
    [DataRow("""{"remoteUser":"x"}""", 1)]
    [DataRow("""[ {"remoteUser":"x"}, {} ]""", 2)]
    public void A_label_is_an_array_or_one_object(string? label, int entries) => Assert.HasCount(entries, Parse(label).Entries);

    [TestMethod]
    [DataRow("not json")]
    [DataRow("1")]
    [DataRow("[1]")]
    [DataRow("""["\ud800"]""")]
    public void A_label_that_cannot_be_read_is_a_warning(string label)
    {
        var warnings = new List<Diagnostic>();
        Assert.IsEmpty(ImageMetadata.Parse(label, "debian:12", warnings).Entries);
        Assert.AreEqual(Codes.ImageMetadataIgnored, warnings.Single().Code);
        Assert.Contains("debian:12", warnings.Single().Message);
    }

    internal static ImageMetadata Parse(string? label)
    {
        var warnings = new List<Diagnostic>();
        ImageMetadata metadata = ImageMetadata.Parse(label, "image", warnings);
        Assert.IsEmpty(warnings);
        return metadata;
    }
}

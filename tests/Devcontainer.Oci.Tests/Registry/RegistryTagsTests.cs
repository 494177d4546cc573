using Devcontainer.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class RegistryTagsTests
{
    [TestMethod]
    public async Task Tags_are_listed_over_all_pages()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        string[] tags = [.. Enumerable.Range(0, 2500).Select(i => $"prebuild-{i:0000}")];
        foreach (string tag in tags)
        {
            registry.AddManifest("team/app", tag);
        }

        using RegistryClient client = FaultRegistry.NewClient();
        CollectionAssert.AreEqual(tags, (await client.ListTagsAsync(registry.Reference("team/app")))!.ToArray());
        Assert.HasCount(3, registry.Requests);
    }

    [TestMethod]
    public async Task A_repository_that_is_not_there_has_no_list_and_one_without_tags_an_empty_one()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.IsNull(await client.ListTagsAsync(registry.Reference("app")));
        registry.Fault = async (context, _) =>
        {
            await FaultRegistry.AnswerAsync(context, 200, """{"name":"app","tags":null}""");
            return true;
        };
        Assert.IsEmpty((await client.ListTagsAsync(registry.Reference("app")))!);
    }

    // FAULTS 9
    [TestMethod]
    public async Task A_list_of_tags_without_end_is_given_up()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, count) =>
        {
            context.Response.Headers.Link = $"<{context.Request.Path}?page={count}>; rel=\"next\"";
            await FaultRegistry.AnswerAsync(context, 200, """{"tags":["x"]}""");
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.ListTagsAsync(registry.Reference("app")));
        Assert.HasCount(256, registry.Requests);
    }

    [TestMethod]
    [DataRow("""{"tags":["a","\u001b[31m"]}""", Codes.ContentInvalid)]
    [DataRow("""{"tags":[1]}""", Codes.ContentInvalid)]
    [DataRow("""{"tags":"a"}""", Codes.ContentInvalid)]
    [DataRow("<html>", Codes.ContentInvalid)]
    [DataRow("huge", Codes.ContentTooLarge)]
    public async Task A_list_of_another_form_is_refused(string body, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await FaultRegistry.AnswerAsync(context, 200, body == "huge" ? new string(' ', 5_000_000) : body);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.DoesNotContain('\u001b', await Errors.ExpectAsync(code, () => client.ListTagsAsync(registry.Reference("app"))));
    }

    [TestMethod]
    public async Task Whatever_is_there_as_a_manifest_is_read_by_those_who_only_look()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        using RegistryClient client = FaultRegistry.NewClient();
        ImageReference app = registry.Reference("app:1");
        Assert.IsNull(await client.GetAnyManifestAsync(app));
        Descriptor known = registry.AddManifest("app", "1");
        Assert.AreEqual(known, (await client.GetAnyManifestAsync(app))!.Descriptor);
        Descriptor other = registry.AddManifest("app", "1", "{}"u8.ToArray(), "application/vnd.example+json");
        Assert.AreEqual(other, (await client.GetAnyManifestAsync(app))!.Descriptor);
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.GetManifestAsync(app));

        // A page of a proxy is no manifest of any kind; and one that is known has the digest of its bytes.
        registry.AddManifest("app", "1", "<html>"u8.ToArray(), "text/html");
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.GetAnyManifestAsync(app));
        registry.Manifests[("app", known.Digest.Value)] = (MediaTypes.ImageManifest, "{}"u8.ToArray());
        await Errors.ExpectAsync(Codes.RegistryContentWrong, () => client.GetAnyManifestAsync(app.WithDigest(known.Digest)));
    }

    [TestMethod]
    public async Task A_manifest_and_a_tag_are_deleted_and_what_is_not_there_is_told()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = FaultRegistry.NewClient();
        ImageReference app = registry.Reference("app:1");
        Assert.IsTrue(await client.DeleteTagAsync(app));
        Assert.IsFalse(await client.DeleteTagAsync(app));
        Assert.IsNotNull(await client.ResolveAsync(app.WithDigest(manifest.Digest)));
        Assert.IsTrue(await client.DeleteManifestAsync(app, manifest.Digest));
        Assert.IsFalse(await client.DeleteManifestAsync(app, manifest.Digest));
        Assert.IsEmpty(registry.Manifests);
        Assert.Contains("scope=repository%3Aapp%3Adelete", string.Join(' ', registry.Requests.Select(r => r.Query)));
    }

    [TestMethod]
    [DataRow(405, true, Codes.RegistryKeeps)]
    [DataRow(405, false, Codes.RegistryKeeps)]
    [DataRow(400, true, Codes.RegistryKeeps)]
    [DataRow(400, false, Codes.RegistryRefused)]
    [DataRow(403, true, Codes.RegistryUnauthorized)]
    [DataRow(409, false, Codes.RegistryRefused)]
    public async Task What_a_registry_does_not_let_go_is_an_error(int status, bool tag, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            Assert.IsTrue(HttpMethods.IsDelete(context.Request.Method));
            await FaultRegistry.AnswerAsync(context, status);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        ImageReference app = registry.Reference("app:1");
        await Errors.ExpectAsync(code, () => tag ? client.DeleteTagAsync(app) : client.DeleteManifestAsync(app, Digest.Sha256("x"u8)));
        Assert.HasCount(1, registry.Requests);
    }
}

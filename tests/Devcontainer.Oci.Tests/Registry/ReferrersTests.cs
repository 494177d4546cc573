using Devcontainer.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class ReferrersTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Referrers_are_found_again_with_the_API_and_without(bool api)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.HasReferrersApi = api;
        Descriptor subject = registry.AddManifest("app", "1");
        registry.AddBlob("app", "{}"u8.ToArray());
        using RegistryClient client = FaultRegistry.NewClient();
        ImageReference app = registry.Reference("app");
        Assert.IsEmpty(await client.GetReferrersAsync(app, subject.Digest));

        Descriptor sbom = await client.PutReferrerAsync(app, Referrer(subject, "application/spdx+json"));
        Descriptor receipt = await client.PutReferrerAsync(app, Referrer(subject, "application/vnd.example.receipt"));
        Assert.AreEqual(sbom, await client.PutReferrerAsync(app, Referrer(subject, "application/spdx+json")));

        IReadOnlyList<Descriptor> all = await client.GetReferrersAsync(app, subject.Digest);
        CollectionAssert.AreEquivalent(new[] { sbom, receipt }, all.ToArray());
        Assert.AreEqual(receipt, (await client.GetReferrersAsync(app, subject.Digest, "application/vnd.example.receipt")).Single());
        Assert.AreEqual("v", receipt.Annotations["k"]);
        Assert.AreEqual(api ? 2 : null, (await client.ListReferrersAsync(app, subject.Digest))?.Count);
        Assert.AreEqual($"sha256-{subject.Digest.Hex}", RegistryClient.FallbackTag(subject.Digest));
        Assert.AreEqual(!api, registry.Manifests.ContainsKey(("app", $"sha256-{subject.Digest.Hex}")));
        Assert.IsEmpty(await client.GetReferrersAsync(app, sbom.Digest));
    }

    [TestMethod]
    public async Task A_referrer_that_is_listed_under_the_type_of_its_empty_configuration_is_found_under_its_own()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor subject = registry.AddManifest("app", "1");
        Descriptor referrer = registry.AddManifest("app", "signature", Referrer(subject, "a/signature").ToBytes());
        registry.AddManifest(
            "app", $"sha256-{subject.Digest.Hex}",
            new ImageIndex { Manifests = [referrer with { ArtifactType = MediaTypes.Empty }] }.ToBytes(), MediaTypes.ImageIndex);
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.AreEqual(
            referrer with { ArtifactType = "a/signature" },
            (await client.GetReferrersAsync(registry.Reference("app"), subject.Digest, "a/signature")).Single());
    }

    [TestMethod]
    public async Task Referrers_put_side_by_side_are_all_kept_by_the_fallback_tag()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor subject = registry.AddManifest("app", "1");
        registry.AddBlob("app", "{}"u8.ToArray());
        using RegistryClient client = FaultRegistry.NewClient();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => client.PutReferrerAsync(registry.Reference("app"), Referrer(subject, $"a/b{i}"))));
        Assert.HasCount(6, await client.GetReferrersAsync(registry.Reference("app"), subject.Digest));
    }

    [TestMethod]
    public async Task A_fallback_tag_that_another_writer_overwrites_is_written_again()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor subject = registry.AddManifest("app", "1");
        registry.AddBlob("app", "{}"u8.ToArray());
        string tag = $"sha256-{subject.Digest.Hex}";
        registry.Fault = async (context, count) =>
        {
            // The first write is lost to somebody who wrote an index without it.
            if (HttpMethods.IsPut(context.Request.Method) && context.Request.Path.Value!.EndsWith(tag, StringComparison.Ordinal) && count == 1)
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                registry.AddManifest("app", tag, new ImageIndex { Manifests = [] }.ToBytes(), MediaTypes.ImageIndex);
                await FaultRegistry.AnswerAsync(context, 201);
                return true;
            }

            return false;
        };
        using RegistryClient client = FaultRegistry.NewClient();
        Descriptor referrer = await client.PutReferrerAsync(registry.Reference("app"), Referrer(subject, "a/b"));
        Assert.AreEqual(referrer, (await client.GetReferrersAsync(registry.Reference("app"), subject.Digest)).Single());
    }

    [TestMethod]
    public async Task A_fallback_tag_that_keeps_nothing_is_an_error()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor subject = registry.AddManifest("app", "1");
        registry.AddBlob("app", "{}"u8.ToArray());
        registry.Fault = async (context, _) =>
        {
            bool lost = HttpMethods.IsPut(context.Request.Method) && context.Request.Path.Value!.Contains("/sha256-", StringComparison.Ordinal);
            if (lost)
            {
                await FaultRegistry.AnswerAsync(context, 201);
            }

            return lost;
        };
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.PutReferrerAsync(registry.Reference("app"), Referrer(subject, "a/b")));
    }

    // FAULTS 9
    [TestMethod]
    [DataRow(5, true)]
    [DataRow(int.MaxValue, false)]
    public async Task Pages_are_followed_but_not_for_ever(int pages, bool ends)
    {
        Digest subject = Digest.Sha256("x"u8);
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Fault = async (context, count) =>
        {
            if (count < pages)
            {
                context.Response.Headers.Link = $"<{context.Request.Path}?page={count}>; rel=\"next\"";
            }

            var page = new ImageIndex { Manifests = [Descriptor.Of([(byte)count], MediaTypes.ImageManifest)] };
            await FaultRegistry.AnswerAsync(context, 200, System.Text.Encoding.UTF8.GetString(page.ToBytes()), MediaTypes.ImageIndex);
            return true;
        };
        using RegistryClient client = FaultRegistry.NewClient();
        if (ends)
        {
            Assert.HasCount(pages, await client.GetReferrersAsync(registry.Reference("app"), subject));
        }
        else
        {
            await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.GetReferrersAsync(registry.Reference("app"), subject));
            Assert.IsLessThan(100, registry.Requests.Count);
        }
    }

    [TestMethod]
    [DataRow("<http://localhost:{0}/next>; rel=\"next\"")]
    [DataRow("<//localhost:{0}/next>; rel=\"next\"")]
    [DataRow("garbage")]
    [DataRow("<")]
    public async Task A_page_elsewhere_is_not_followed(string link)
    {
        await using FaultRegistry elsewhere = await FaultRegistry.StartAsync();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Fault = async (context, _) =>
        {
            context.Response.Headers.Link = string.Format(System.Globalization.CultureInfo.InvariantCulture, link, elsewhere.Port);
            await FaultRegistry.AnswerAsync(context, 200, """{"schemaVersion":2,"manifests":[]}""", MediaTypes.ImageIndex);
            return true;
        };
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.IsEmpty(await client.GetReferrersAsync(registry.Reference("app"), Digest.Sha256("x"u8)));
        Assert.IsEmpty(elsewhere.Requests);
    }

    [TestMethod]
    [DataRow(401, Codes.RegistryUnauthorized)]
    [DataRow(500, Codes.RegistryRefused)]
    public async Task A_list_that_is_refused_is_not_an_empty_one(int status, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await FaultRegistry.AnswerAsync(context, status);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(code, () => client.GetReferrersAsync(registry.Reference("app"), Digest.Sha256("x"u8)));
    }

    private static ImageManifest Referrer(Descriptor subject, string artifactType) => new()
    {
        ArtifactType = artifactType, Config = Descriptor.EmptyJson, Layers = [Descriptor.EmptyJson], Subject = subject,
        Annotations = new Dictionary<string, string> { ["k"] = "v" },
    };
}

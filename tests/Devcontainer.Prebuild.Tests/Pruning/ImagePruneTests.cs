using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Pruning;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Receipts;
using Microsoft.AspNetCore.Http;

namespace Devcontainer.Prebuild.Tests.Pruning;

[TestClass]
public sealed class ImagePruneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingReporter _reporter = new();
    private readonly RegistryClient _client = FaultRegistry.NewClient();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public async Task A_real_registry_has_just_what_is_needed_afterwards()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        ImageReference repository = registry.Reference("team/dev");
        PushedImage old = await PushedImage.PushAsync(_client, repository, "old", Days(90));
        await PushedImage.PushAsync(_client, repository, "pr", Days(80), "pr-7");
        PushedImage pinned = await PushedImage.PushAsync(_client, repository, "pinned", Days(70));
        PushedImage young = await PushedImage.PushAsync(_client, repository, "young", Days(3));
        PushedImage tagged = await PushedImage.PushAsync(_client, repository, "tagged", Days(100), "latest", "1.2");
        await _client.PutManifestAsync(repository.WithTag("pr-8"), (await _client.GetManifestAsync(repository.WithTag("latest")))!.Bytes, MediaTypes.ImageIndex);
        foreach (string platform in new[] { "old", "tagged" })
        {
            // cosign's way without referrers.
            Digest signed = (platform == "old" ? old : tagged).Index.Digest;
            byte[] signature = new ImageManifest { Config = Descriptor.EmptyJson, Layers = [await _client.PushBlobAsync(repository, Encoding.UTF8.GetBytes(platform), "application/vnd.dev.cosign.simplesigning.v1+json")] }.ToBytes();
            await _client.PutManifestAsync(repository.WithTag($"sha256-{signed.Hex}.sig"), signature, MediaTypes.ImageManifest);
        }

        // The team's build cache, as BuildKit wrote it until 2024: an index of layers.
        byte[] cache = new ImageIndex
        {
            Manifests =
            [
                await _client.PushBlobAsync(repository, "old linux/amd64"u8.ToArray(), MediaTypes.LayerGzip),
                await _client.PushBlobAsync(repository, "{}"u8.ToArray(), "application/vnd.buildkit.cacheconfig.v0"),
            ],
        }.ToBytes();
        await _client.PutManifestAsync(repository.WithTag("cache-linux-amd64"), cache, MediaTypes.ImageIndex);

        // Those of branches, as it writes them now: one whose newest layer is old, one that is in use.
        await PushCacheAsync(repository, "cache-gone-linux-amd64", Days(200), Days(60));
        await PushCacheAsync(repository, "cache-wip-linux-amd64", Days(200), Days(2));
        _folder.Write("web/devcontainer.json", $$"""{"image":"{{repository.WithDigest(pinned.Index.Digest)}}"}""");
        PruneRequest request = Request(repository) with { Keep = ["web/devcontainer.json"], KeepLast = 0, WeakTags = ["pr-*"] };
        IReadOnlyList<PrunedImage> planned = await PruneAsync(request);
        CollectionAssert.AreEqual(new[] { "cache-gone-linux-amd64", "pr-7", TestRepository.Key("old") }, planned.Select(static image => image.Tags[0]).ToArray());
        Assert.AreEqual(Days(60), planned[0].Built);
        Assert.AreEqual(Days(90), planned[2].Built);
        string[] before = [.. (await _client.ListTagsAsync(repository))!];
        Assert.Contains($"delete {old.Index.Digest}: nothing keeps it, built {Days(90):yyyy-MM-dd}; with it {TestRepository.Key("old")}", _reporter.Text);
        Assert.Contains($"keep   {tagged.Index.Digest}: tagged 1.2, latest, built", _reporter.Text);
        Assert.Contains($"keep   {pinned.Index.Digest}: named by web/devcontainer.json", _reporter.Text);
        Assert.Contains("Would delete 3 of 8 images: 28 manifests", _reporter.Text);
        Assert.Contains("DevcontainerPruneConfirm", _reporter.Text);

        IReadOnlyList<PrunedImage> pruned = await PruneAsync(request with { Confirmed = true });
        CollectionAssert.AreEqual(planned.Select(static image => image.Reference).ToArray(), pruned.Select(static image => image.Reference).ToArray());
        string[] after = [.. (await _client.ListTagsAsync(repository))!];
        CollectionAssert.IsSubsetOf(after, before);
        CollectionAssert.IsSubsetOf(new[] { "cache-linux-amd64", "cache-wip-linux-amd64" }, after);
        Assert.IsEmpty(after.Where(static tag => tag is "pr-7" or "cache-gone-linux-amd64" || tag == TestRepository.Key("old") || tag == TestRepository.Key("pr linux/amd64", "env-")));
        foreach (PushedImage image in new[] { pinned, young, tagged })
        {
            await RequireWholeAsync(repository, image);
        }

        Assert.AreEqual(tagged.Index.Digest, (await _client.ResolveAsync(repository.WithTag("pr-8")))!.Digest);
        foreach (Descriptor gone in old.Platforms.Append(old.Index))
        {
            Assert.IsNull(await _client.ResolveAsync(repository.WithDigest(gone.Digest)));
            Assert.IsEmpty(await _client.GetReferrersAsync(repository, gone.Digest));
        }

        // Nothing is left that another one would find.
        Assert.IsEmpty(await PruneAsync(request with { Confirmed = true }));
        Assert.Contains("Everything is needed.", _reporter.Text);
    }

    /// <summary>The real cosign and oras, before and after.</summary>
    [TestMethod]
    public async Task What_cosign_has_signed_is_still_verified_and_signatures_of_what_is_gone_are_gone()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        ImageReference repository = registry.Reference("team/dev");
        ImageReference old = repository.WithDigest((await PushedImage.PushAsync(_client, repository, "old", Days(90))).Index.Digest);
        ImageReference kept = repository.WithDigest((await PushedImage.PushAsync(_client, repository, "kept", Days(99), "latest")).Index.Digest);
        KeyValuePair<string, string>[] environment = [new("COSIGN_PASSWORD", "x")];
        await Programs.RunAsync("cosign", environment, "signing-config", "create", "--out", _folder["signing.json"]);
        await Programs.RunAsync("cosign", environment, "generate-key-pair", "--output-key-prefix", _folder["key"]);
        foreach (ImageReference image in new[] { old, kept })
        {
            await Programs.RunAsync(
                "cosign", environment, "sign", "--yes", "--key", _folder["key.key"], "--signing-config", _folder["signing.json"], image.ToString());
        }

        string[] verify = ["verify", "--key", _folder["key.pub"], "--insecure-ignore-tlog=true", kept.ToString()];
        string[] discover = ["discover", "--plain-http", "--format", "json", kept.ToString()];
        await Programs.RunAsync("cosign", environment, verify);
        string referrers = await Programs.RunAsync("oras", discover);
        await PruneAsync(Request(repository) with { KeepLast = 0, Confirmed = true });
        await Programs.RunAsync("cosign", environment, verify);
        Assert.AreEqual(referrers, await Programs.RunAsync("oras", discover));
        Assert.IsEmpty(await PruneAsync(Request(repository) with { KeepLast = 0 }));

        // All that is left is of the one that is kept: two tags for each platform, two for the index, and lists of what is said of them.
        string[] tags = [.. (await _client.ListTagsAsync(repository))!];
        Assert.DoesNotContain(RegistryClient.FallbackTag(old.Digest!.Value), tags);
        CollectionAssert.IsSubsetOf(
            tags.Where(static tag => tag.StartsWith("sha256-", StringComparison.Ordinal)).ToArray(),
            (await NamedByAsync(repository, kept.Digest!.Value)).Select(RegistryClient.FallbackTag).ToArray());
    }

    // Everything that belongs to a manifest, itself included.
    /// <summary>A build cache as BuildKit writes it with <c>image-manifest=true</c>, of two layers.</summary>
    private async Task PushCacheAsync(ImageReference repository, string tag, DateTimeOffset first, DateTimeOffset second)
    {
        Descriptor layer = await _client.PushBlobAsync(repository, Encoding.UTF8.GetBytes(tag), MediaTypes.LayerGzip);
        byte[] records = Encoding.UTF8.GetBytes(
            $$"""{"layers":[{"blob":"{{layer.Digest}}","parent":-1}],"records":[{"digest":"{{layer.Digest}}"},{"layers":[{"layer":0,"createdAt":"{{first:O}}"}]},{"layers":[{"layer":0,"createdAt":"{{second:O}}"}]}]}""");
        byte[] cache = new ImageManifest { Config = await _client.PushBlobAsync(repository, records, "application/vnd.buildkit.cacheconfig.v0"), Layers = [layer] }.ToBytes();
        await _client.PutManifestAsync(repository.WithTag(tag), cache, MediaTypes.ImageManifest);
    }

    private async Task<List<Digest>> NamedByAsync(ImageReference repository, Digest digest)
    {
        RegistryManifest manifest = (await _client.GetManifestAsync(repository.WithDigest(digest)))!;
        var named = new List<Digest> { digest };
        IEnumerable<Descriptor> entries = MediaTypes.IsIndex(manifest.Descriptor.MediaType) ? ImageIndex.Parse(manifest.Bytes).Manifests : [];
        foreach (Descriptor other in entries.Concat(await _client.GetReferrersAsync(repository, digest)))
        {
            named.AddRange(await NamedByAsync(repository, other.Digest));
        }

        return named;
    }

    [TestMethod]
    public async Task A_registry_that_does_not_delete_is_an_error_that_says_so()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync(deletes: false);
        ImageReference repository = registry.Reference("team/dev");
        PushedImage old = await PushedImage.PushAsync(_client, repository, "old", Days(90));
        Assert.HasCount(1, await PruneAsync(Request(repository) with { KeepLast = 0 }));
        Diagnostic error = await Errors.ExpectAsync(Codes.RegistryKeeps, () => PruneAsync(Request(repository) with { KeepLast = 0, Confirmed = true }));
        Assert.Contains(old.Index.Digest.Value, error.Message);
        await RequireWholeAsync(repository, old);
    }

    /// <summary>Breaks off at every deletion, with registries of every kind: no index is left whose manifests are gone, and the next prune ends it.</summary>
    [TestMethod]
    [DataRow(Deleting.Manifests, false)]
    [DataRow(Deleting.Manifests, true)]
    [DataRow(Deleting.ManifestsAndTags, false)]
    [DataRow(Deleting.TagsOnTheirOwn, true)]
    [DataRow(Deleting.OnlyWithoutTags, false)]
    public async Task Wherever_it_is_broken_off_no_index_is_left_with_holes_and_the_next_one_ends_it(Deleting kind, bool api)
    {
        int last = int.MaxValue;
        for (int broken = 1; broken <= last; broken++)
        {
            await using FaultRegistry registry = await FaultRegistry.StartAsync();
            registry.HasReferrersApi = api;
            ImageReference repository = registry.Reference("team/dev");
            await PushedImage.PushAsync(_client, repository, "old", Days(90));
            PushedImage kept = await PushedImage.PushAsync(_client, repository, "kept", Days(100), "latest");
            int deletions = 0;
            bool isWhole = true;
            registry.Fault = async (context, _) =>
            {
                if (!HttpMethods.IsDelete(context.Request.Method))
                {
                    return false;
                }

                isWhole &= HasNoHoles(registry);
                if (++deletions == broken)
                {
                    await FaultRegistry.AnswerAsync(context, 403);
                    return true;
                }

                return await DeleteAsync(registry, context, kind);
            };
            PruneRequest request = Request(repository) with { KeepLast = 0, Confirmed = true };
            try
            {
                await PruneAsync(request);
                last = deletions;
            }
            catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.RegistryUnauthorized)
            {
                // Nobody can tell any more how old the platforms are whose index is gone.
                Assert.AreEqual(broken, deletions);
                await PruneAsync(request with { KeepDays = 0 });
            }

            Assert.IsTrue(isWhole && HasNoHoles(registry));
            await RequireWholeAsync(repository, kept);
            string[] left = [.. registry.Manifests.Keys.Select(static key => key.Reference).Where(static key => key.StartsWith("sha256:", StringComparison.Ordinal))];

            // Of nine manifests of an image and four lists; and lists that a longer one has replaced, which no tag leads to. Where there are no lists,
            // what is said of manifests that are gone is not found again; nor is one whose tags had to go first.
            int unfound = left.Length - (api ? 9 : 13 + (2 * 2));
            Assert.IsTrue(unfound == 0 || (unfound > 0 && unfound <= (api ? 4 : kind == Deleting.OnlyWithoutTags ? 1 : 0)), $"{unfound} are left after {broken}");
            Assert.IsTrue(unfound == 0 || broken <= last);
        }
    }

    [TestMethod]
    public async Task What_is_pushed_while_it_looks_ends_it_before_anything_is_deleted()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        ImageReference repository = registry.Reference("team/dev");
        PushedImage old = await PushedImage.PushAsync(_client, repository, "old", Days(90), "pr-1");
        byte[] index = registry.Manifests[("team/dev", old.Index.Digest.Value)].Bytes;
        PruneRequest request = Request(repository) with { KeepLast = 0, WeakTags = ["pr-*"], Confirmed = true };
        foreach (string tag in new[] { "new", "moved" })
        {
            registry.AddManifest("team/dev", "moved");
            int listings = 0;
            registry.Fault = (context, _) =>
            {
                // Everything has been read when the tags are listed once more.
                if (context.Request.Path.Value!.EndsWith("/tags/list", StringComparison.Ordinal) && ++listings == 2)
                {
                    registry.AddManifest("team/dev", tag, index, MediaTypes.ImageIndex);
                }

                return Task.FromResult(false);
            };
            Assert.Contains(tag, (await Errors.ExpectAsync(Codes.PruneRepositoryChanged, () => PruneAsync(request))).Message);
            Assert.AreEqual(0, registry.Requests.Count(static sent => sent.Method == "DELETE"));
            registry.Manifests.TryRemove(("team/dev", tag), out _);
        }

        registry.Fault = null;
        Assert.HasCount(1, await PruneAsync(request));
    }

    [TestMethod]
    public async Task What_the_records_and_files_of_the_project_name_is_kept()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        ImageReference repository = registry.Reference("team/dev");
        PushedImage[] images = [.. await Task.WhenAll(Enumerable.Range(0, 8).Select(number => PushedImage.PushAsync(_client, repository, $"{number}", Days(90))))];
        string Named(int image) => images[image].Index.Digest.Value;
        _folder.Write("bin/published.json", Named(0));
        _folder.Write("bin/rollback.json", $"[\"{Named(1)}\"]");
        Receipt receipt = ReceiptSample.Create();
        ReceiptFile.Write(receipt with { Image = receipt.Image with { Digest = Named(2) } }, _folder["bin"]);
        _folder.Write(".devcontainer/devcontainer.json", "// " + Named(3));
        _folder.Write(".devcontainer/devcontainer-prebuild.lock.json", Named(4));
        PruneRequest request = Request(repository) with { KeepLast = 0, Keep = [Named(5), $"ghcr.io/other/name:1@{Named(6)}"] };
        Assert.AreEqual(repository.WithDigest(images[7].Index.Digest).ToString(), (await PruneAsync(request)).Single().Reference);
        foreach (string place in new[] { "published.json", "rollback.json", "receipt.json", "devcontainer.json", "devcontainer-prebuild.lock.json", "DevcontainerPruneKeep" })
        {
            Assert.Contains(place, _reporter.Text);
        }

        foreach (string missing in new[] { "none.json", ".devcontainer", "sha256:abc" })
        {
            Assert.Contains(missing, (await Errors.ExpectAsync(Codes.PruneKeepInvalid, () => PruneAsync(request with { Keep = [missing] }))).Message);
        }
    }

    [TestMethod]
    public async Task Manifests_of_an_unknown_kind_are_kept_and_told()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        ImageReference repository = registry.Reference("team/dev");
        PushedImage old = await PushedImage.PushAsync(_client, repository, "old", Days(90));
        Descriptor strange = registry.AddManifest(
            "team/dev", TestRepository.Key("strange"), Encoding.UTF8.GetBytes($"of \"{old.Platforms[0].Digest}\""), "application/vnd.example.manifest.v9+json");
        registry.AddManifest("team/dev", TestRepository.Key("broken"), "{}"u8.ToArray());
        Assert.HasCount(1, await PruneAsync(Request(repository) with { KeepLast = 0, Confirmed = true }));
        Assert.Contains($"keep   {strange.Digest}: nobody knows what it is (application/vnd.example.manifest.v9+json)", _reporter.Text);
        Assert.Contains($"nobody knows what it is ({MediaTypes.ImageManifest})", _reporter.Text);
        CollectionAssert.AreEquivalent(
            new[] { strange.Digest, old.Platforms[0].Digest },
            registry.Manifests.Keys.Select(static key => key.Reference).Where(key => key == strange.Digest.Value || old.Platforms.Any(platform => platform.Digest.Value == key)).Select(Digest.Parse).ToArray());
    }

    [TestMethod]
    public async Task Without_an_answer_nothing_is_deleted()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        ImageReference repository = registry.Reference("team/dev");
        PruneRequest request = Request(repository) with { KeepLast = 0, Confirmed = true };
        Assert.IsEmpty(await PruneAsync(request));
        Assert.Contains("is not there", _reporter.Text);
        PushedImage old = await PushedImage.PushAsync(_client, repository, "old", Days(90));
        foreach (string refused in new[] { "/tags/list", $"/manifests/{TestRepository.Key("old")}", $"/referrers/{old.Index.Digest}" })
        {
            registry.Fault = async (context, _) =>
            {
                bool isRefused = context.Request.Path.Value!.EndsWith(refused, StringComparison.Ordinal);
                if (isRefused)
                {
                    await FaultRegistry.AnswerAsync(context, 403);
                }

                return isRefused;
            };
            await Errors.ExpectAsync(Codes.RegistryUnauthorized, () => PruneAsync(request));
        }

        Assert.AreEqual(0, registry.Requests.Count(static sent => sent.Method == "DELETE"));
        await Errors.ExpectAsync(Codes.PushNeedsRegistry, () => PruneAsync(request with { Registry = "" }));
        await Errors.ExpectAsync(Codes.PropertyInvalid, () => PruneAsync(request with { Registries = request.Registries with { Offline = true } }));
    }

    private static bool HasNoHoles(FaultRegistry registry)
    {
        HashSet<string> there = [.. registry.Manifests.Keys.Select(static key => key.Reference)];
        return registry.Manifests.Values.Where(static manifest => manifest.MediaType == MediaTypes.ImageIndex)
            .Select(static manifest => ImageIndex.Parse(manifest.Bytes).Manifests)
            .All(entries => entries.All(entry => entry.Platform is null || there.Contains(entry.Digest.Value)));
    }

    // As registries do it; true where it is answered.
    private static async Task<bool> DeleteAsync(FaultRegistry registry, HttpContext context, Deleting kind)
    {
        string reference = context.Request.Path.Value!.Split('/')[^1];
        if (!reference.StartsWith("sha256:", StringComparison.Ordinal))
        {
            if (kind != Deleting.Manifests)
            {
                return false;
            }

            await FaultRegistry.AnswerAsync(context, 405);
            return true;
        }

        (string Repository, string Reference)[] tags =
        [
            .. registry.Manifests.Where(manifest => manifest.Key.Reference != reference && Digest.Sha256(manifest.Value.Bytes).Value == reference).Select(static manifest => manifest.Key),
        ];
        if (kind == Deleting.OnlyWithoutTags && tags.Length > 0)
        {
            await FaultRegistry.AnswerAsync(context, 400, """{"errors":[{"code":"GOOGLE_MANIFEST_DANGLING_TAG"}]}""");
            return true;
        }

        foreach ((string, string) tag in kind == Deleting.TagsOnTheirOwn ? [] : tags)
        {
            registry.Manifests.TryRemove(tag, out _);
        }

        return false;
    }

    private async Task RequireWholeAsync(ImageReference repository, PushedImage image)
    {
        foreach (Descriptor manifest in image.Platforms)
        {
            Assert.IsNotNull(await _client.GetManifestAsync(repository.WithDigest(manifest.Digest)));
            IReadOnlyList<Descriptor> referrers = await _client.GetReferrersAsync(repository, manifest.Digest);
            Assert.HasCount(2, referrers);
            foreach (Descriptor referrer in referrers)
            {
                Assert.IsNotNull(await _client.GetManifestAsync(repository.WithDigest(referrer.Digest)));
            }
        }

        RegistryManifest index = (await _client.GetManifestAsync(repository.WithDigest(image.Index.Digest)))!;
        foreach (Descriptor entry in ImageIndex.Parse(index.Bytes).Manifests)
        {
            Assert.IsNotNull(await _client.GetManifestAsync(repository.WithDigest(entry.Digest)));
        }

        Descriptor receipt = (await _client.GetReferrersAsync(repository, image.Index.Digest)).Single();
        Assert.IsNotNull(await _client.GetManifestAsync(repository.WithDigest(receipt.Digest)));
        Assert.HasCount(1, await _client.GetReferrersAsync(repository, receipt.Digest));
    }

    private static DateTimeOffset Days(int ago) => TestRepository.Now.AddDays(-ago);

    private PruneRequest Request(ImageReference repository) => new()
    {
        Registry = repository.Registry,
        Repository = repository.Repository,
        OutputPath = _folder["bin"],
        ConfigFile = _folder[".devcontainer/devcontainer.json"],
        Folder = _folder.Path,
        Registries = new RegistrySettings { WorkspaceFolder = _folder.Path, Environment = new Dictionary<string, string>() },
    };

    private Task<IReadOnlyList<PrunedImage>> PruneAsync(PruneRequest request) =>
        new ImagePrune(_reporter, new FixedTime()).RunAsync(request, CancellationToken.None);

    /// <summary>How a registry deletes.</summary>
    public enum Deleting
    {
        /// <summary>Manifests, and their tags with them; no tags (CNCF distribution).</summary>
        Manifests,

        /// <summary>Manifests, and their tags with them; also tags.</summary>
        ManifestsAndTags,

        /// <summary>Manifests and tags, each on its own.</summary>
        TagsOnTheirOwn,

        /// <summary>Manifests that have no tag; and tags (Google's).</summary>
        OnlyWithoutTags,
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => TestRepository.Now;
    }
}

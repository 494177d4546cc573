using System.Collections.Concurrent;
using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class RegistryPushTests
{
    private const string Secret = "p4ssw0rd-canary";
    private static readonly byte[] Shared = RandomNumberGenerator.GetBytes(200_000);

    [TestMethod]
    public async Task A_layout_is_pushed_blobs_first_and_its_index_last()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        using RegistryClient client = FaultRegistry.NewClient();

        PushResult result = await client.PushAsync(layout, index, registry.Reference("team/app"));

        IReadOnlyList<Descriptor> all = layout.Reachable(index);
        Assert.AreEqual(new PushResult(0, 0, all.Count, all.Sum(d => d.Size)), result);
        foreach (Descriptor descriptor in all)
        {
            byte[] there = MediaTypes.IsManifest(descriptor.MediaType) || MediaTypes.IsIndex(descriptor.MediaType)
                ? registry.Manifests[("team/app", descriptor.Digest.Value)].Bytes
                : registry.Blobs[("team/app", descriptor.Digest.Value)];
            CollectionAssert.AreEqual(layout.ReadBlob(descriptor), there);
        }

        // The registry refuses what has holes, so the order was right; and the index was the last thing sent.
        Assert.EndsWith(index.Digest.Value, registry.Requests.Last(r => r.Method == "PUT").Path);
        Assert.HasCount(3, registry.Manifests);
    }

    [TestMethod]
    public async Task What_is_there_is_never_sent_again()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        using RegistryClient client = FaultRegistry.NewClient();
        await client.PushAsync(layout, index, registry.Reference("app"));
        registry.Requests.Clear();

        PushResult again = await client.PushAsync(layout, index, registry.Reference("app"));
        Assert.AreEqual(new PushResult(layout.Reachable(index).Count, 0, 0, 0), again);

        // Whoever has a manifest has its blobs: the index and the two manifests are all that is asked for.
        Assert.HasCount(3, registry.Requests);
        Assert.IsTrue(registry.Requests.All(r => r.Method == "HEAD" && r.Path.Contains("/manifests/", StringComparison.Ordinal)));

        // Another image that shares a layer sends only what is its own.
        Descriptor other = Samples.AddImage(layout, "other", Shared, [1, 2, 3]);
        Assert.AreEqual(1, (await client.PushAsync(layout, other, registry.Reference("app"))).Existing);
        Assert.AreEqual(2, registry.Count("POST", "/blobs/uploads/"));
    }

    // FAULTS 66
    [TestMethod]
    public async Task An_index_that_is_there_without_one_of_its_manifests_is_made_whole()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        using RegistryClient client = FaultRegistry.NewClient();
        await client.PushAsync(layout, index, registry.Reference("app"));
        Descriptor gone = layout.ReadIndex(index).Manifests[1];
        ImageManifest manifest = layout.ReadManifest(gone);
        Assert.IsTrue(registry.Manifests.TryRemove(("app", gone.Digest.Value), out _));
        Assert.IsTrue(registry.Blobs.TryRemove(("app", manifest.Config.Digest.Value), out _));
        Assert.AreEqual(2, (await client.PushAsync(layout, index, registry.Reference("app"))).Uploaded);
        Assert.IsTrue(await client.PullAsync(registry.Reference("app"), index, OciLayout.Create(folder["to"])));
    }

    [TestMethod]
    public async Task An_unfinished_push_is_finished_by_the_next()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        registry.Fault = async (context, _) =>
        {
            bool isIndex = HttpMethods.IsPut(context.Request.Method) && context.Request.ContentType == MediaTypes.ImageIndex;
            if (isIndex)
            {
                await FaultRegistry.AnswerAsync(context, 500);
            }

            return isIndex;
        };
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Retries = 1 });
        await Errors.ExpectAsync(Codes.RegistryRefused, () => client.PushAsync(layout, index, registry.Reference("app")));
        Assert.HasCount(2, registry.Manifests);

        registry.Fault = null;
        Assert.AreEqual(1, (await client.PushAsync(layout, index, registry.Reference("app"))).Uploaded);
    }

    [TestMethod]
    public async Task Blobs_of_another_repository_are_mounted()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        await using FaultRegistry elsewhere = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one", Shared);
        registry.AddBlob("base", Shared);
        using RegistryClient client = FaultRegistry.NewClient();

        PushResult result = await client.PushAsync(
            layout, image, registry.Reference("app"), [elsewhere.Reference("base"), registry.Reference("none"), registry.Reference("base")]);

        Assert.AreEqual(1, result.Mounted);
        Assert.AreEqual(2, result.Uploaded);
        Assert.IsEmpty(elsewhere.Requests);
        Assert.Contains("scope=repository%3Aapp%3Apull%2Cpush&scope=repository%3Abase%3Apull", string.Join(' ', registry.Requests.Select(r => r.Query)));
    }

    [TestMethod]
    public async Task A_blob_that_is_not_mounted_is_sent_or_told_to_be_missing()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.MountsBlobs = false;
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = layout.AddBlob(Shared, MediaTypes.Layer);
        registry.AddBlob("base", Shared);
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.IsFalse(await client.PushBlobAsync(registry.Reference("app"), blob, null, [registry.Reference("base")]));
        registry.Requests.Clear();
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout, [registry.Reference("base")]));

        // The upload that was begun in place of the mount is the one that is used.
        Assert.AreEqual(1, registry.Count("POST", "/blobs/uploads/"));
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, null));
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
    }

    // FAULTS 1, 3
    [TestMethod]
    [DataRow("HEAD", 503)]
    [DataRow("POST", 500)]
    [DataRow("PUT", 502)]
    [DataRow("PUT", 408)]
    [DataRow("PATCH", 500)]
    [DataRow("HEAD", 429)]
    [DataRow("POST", 429)]
    [DataRow("PATCH", 429)]
    [DataRow("PUT", 429)]
    public async Task What_fails_for_a_moment_is_pushed_all_the_same(string method, int status)
    {
        using var folder = new TemporaryFolder();
        var failed = new ConcurrentDictionary<string, int>();
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            // Twice for every kind of place.
            string place = context.Request.Path.Value!.Contains("/manifests/", StringComparison.Ordinal) ? "manifests" : "blobs";
            if (context.Request.Method != method || failed.AddOrUpdate(place, 1, (_, n) => n + 1) > 2)
            {
                return false;
            }

            context.Response.Headers.RetryAfter = "0";
            await FaultRegistry.AnswerAsync(context, status);
            return true;
        });
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        using RegistryClient client = FaultRegistry.NewClient(o => o with { LargestUpload = method == "PATCH" ? 1 : long.MaxValue });
        Assert.AreEqual(layout.Reachable(index).Count, (await client.PushAsync(layout, index, registry.Reference("app"))).Uploaded);
        Assert.IsGreaterThan(2, failed["blobs"]);
    }

    [TestMethod]
    [DataRow("POST", 403, Codes.RegistryUnauthorized)]
    [DataRow("POST", 404, Codes.RegistryRefused)]
    [DataRow("PUT", 400, Codes.RegistryRefused)]
    [DataRow("HEAD", 403, Codes.RegistryUnauthorized)]
    [DataRow("PUT", 429, Codes.RegistryRateLimited)]
    [DataRow("PATCH", 429, Codes.RegistryRateLimited)]
    [DataRow("PATCH", 400, Codes.RegistryRefused)]
    public async Task What_is_refused_is_an_error(string method, int status, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (context.Request.Method == method)
            {
                await FaultRegistry.AnswerAsync(context, status);
            }

            return context.Request.Method == method;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Retries = 2, LargestUpload = method == "PATCH" ? 1 : long.MaxValue });
        await Errors.ExpectAsync(code, () => client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer));
        Assert.AreEqual(status == 429 ? 3 : 1, registry.Requests.Count(r => r.Method == method));
    }

    // FAULTS 4
    [TestMethod]
    public async Task An_upload_whose_connection_breaks_begins_anew()
    {
        using var folder = new TemporaryFolder();
        int broken = 0;
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (!HttpMethods.IsPut(context.Request.Method) || Interlocked.Increment(ref broken) > 2)
            {
                return false;
            }

            _ = await context.Request.Body.ReadAsync(new byte[1000]);
            context.Abort();
            return true;
        });
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = layout.AddBlob(RandomNumberGenerator.GetBytes(3_000_000), MediaTypes.Layer);
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout));
        Assert.AreEqual(3, registry.Count("POST", "/blobs/uploads/"));
        CollectionAssert.AreEqual(layout.ReadBlob(blob), registry.Blobs[("app", blob.Digest.Value)]);
    }

    // FAULTS 4
    [TestMethod]
    [DataRow("PATCH", 0)]
    [DataRow("PATCH", 10_000)]
    [DataRow("PUT", 130_000)]
    public async Task An_upload_that_breaks_goes_on_from_where_the_registry_has_got_to(string method, int kept)
    {
        using var folder = new TemporaryFolder();
        int sent = 0;
        await using FaultRegistry registry = await FaultRegistry.StartAsync((context, _) =>
        {
            // The whole, or the second piece.
            if (context.Request.Method == method && Interlocked.Increment(ref sent) == (method == "PUT" ? 1 : 2))
            {
                FaultRegistry.CutUpload(context, kept);
            }

            return Task.FromResult(false);
        });
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = layout.AddBlob(Shared, MediaTypes.Layer);
        using RegistryClient client = FaultRegistry.NewClient(o => o with { ChunkSize = 60_000, LargestUpload = method == "PUT" ? long.MaxValue : 1 });
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout));
        Assert.AreEqual(1, registry.Count("POST", "/blobs/uploads/"));
        string next = method == "PUT" ? "130000-189999" : kept == 0 ? "60000-119999" : "70000-129999";
        Assert.Contains(next, registry.Requests.Where(r => r.Method == "PATCH").Select(r => r.Headers["Content-Range"]).ToArray());
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
    }

    [TestMethod]
    [DataRow(404, null)]
    [DataRow(400, null)]
    [DataRow(204, null)]
    [DataRow(204, "0-0")]
    [DataRow(204, "0-999999")]
    [DataRow(204, "nonsense")]
    [DataRow(204, "5-0-9")]
    public async Task An_upload_that_the_registry_has_forgotten_begins_anew(int status, string? range)
    {
        int sent = 0;
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                context.Response.Headers.Range = range;
                await FaultRegistry.AnswerAsync(context, status);
                return true;
            }

            if (HttpMethods.IsPatch(context.Request.Method) && Interlocked.Increment(ref sent) == 3)
            {
                FaultRegistry.CutUpload(context, 1000);
            }

            return false;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { ChunkSize = 60_000, LargestUpload = 1 });
        Descriptor blob = await client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer);
        Assert.AreEqual(2, registry.Count("POST", "/blobs/uploads/"));
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
    }

    [TestMethod]
    [DataRow("PATCH", 404)]
    [DataRow("PATCH", 416)]
    [DataRow("PUT", 404)]
    public async Task A_registry_that_loses_every_upload_is_given_up(string method, int status)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            bool loses = context.Request.Method == method || HttpMethods.IsGet(context.Request.Method);
            if (loses)
            {
                await FaultRegistry.AnswerAsync(context, status);
            }

            return loses;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { ChunkSize = 60_000, LargestUpload = 1, Retries = 3 });
        DevcontainerException e = await Assert.ThrowsExactlyAsync<DevcontainerException>(
            () => client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer));
        Assert.IsTrue(e.Diagnostic.Code is Codes.RegistryRefused or Codes.RegistryProtocol, e.Message);
        Assert.IsInRange(1, 4, registry.Count("POST", "/blobs/uploads/"));
    }

    [TestMethod]
    public async Task A_piece_that_the_registry_expects_elsewhere_is_sent_from_there()
    {
        int refused = 0;
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            bool isSecond = HttpMethods.IsPatch(context.Request.Method) && Interlocked.Increment(ref refused) == 2;
            if (isSecond)
            {
                await FaultRegistry.AnswerAsync(context, 416);
            }

            return isSecond;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { ChunkSize = 60_000, LargestUpload = 1 });
        Descriptor blob = await client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer);
        Assert.AreEqual(1, registry.Count("POST", "/blobs/uploads/"));
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task An_upload_whose_last_answer_is_lost_is_not_sent_again(bool inPieces)
    {
        FaultRegistry? registry = null;
        registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (!HttpMethods.IsPut(context.Request.Method))
            {
                return false;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            registry!.AddBlob("app", Shared);
            context.Abort();
            return true;
        });
        await using FaultRegistry started = registry;
        using RegistryClient client = FaultRegistry.NewClient(o => o with { ChunkSize = 60_000, LargestUpload = inPieces ? 1 : long.MaxValue });
        await client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer);
        Assert.AreEqual(1, registry.Requests.Count(r => r.Method == "PUT"));
        Assert.AreEqual(1, registry.Count("POST", "/blobs/uploads/"));
    }

    [TestMethod]
    public async Task A_registry_may_think_about_a_large_blob_for_longer_than_it_may_be_silent()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (!HttpMethods.IsPut(context.Request.Method))
            {
                return false;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            await FaultRegistry.AnswerAsync(context, 201);
            return true;
        });
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = AddZeros(layout, 256 * 1024 * 1024);
        using RegistryClient client = FaultRegistry.NewClient(o => o with { StallTimeout = TimeSpan.FromSeconds(1), Retries = 0 });
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout));
    }

    // FAULTS 15
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_token_that_expires_in_the_middle_of_an_upload_is_renewed_once(bool inPieces)
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.TokenRealm = registry.OwnRealm;
        registry.Account = ("me", Secret);
        bool expired = false;
        registry.Fault = async (context, count) =>
        {
            bool bears = HttpMethods.IsPut(context.Request.Method) || (HttpMethods.IsPatch(context.Request.Method) && count == 2);
            if (bears && inPieces && context.Request.ContentLength > 100_000)
            {
                await FaultRegistry.AnswerAsync(context, 413);
                return true;
            }

            if (bears && !expired)
            {
                expired = true;
                registry.Tokens.Clear();
            }

            return false;
        };
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = layout.AddBlob(Shared, MediaTypes.Layer);
        using RegistryClient client = FaultRegistry.NewClient(o => o with
        {
            ChunkSize = 60_000, Credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", Secret))),
        });
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout));
        Assert.AreEqual(2, registry.Count("GET", "/token"));
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
    }

    [TestMethod]
    [DataRow(60_000, null, 4)]
    [DataRow(60_000, "150000", 2)]
    [DataRow(200_000, null, 1)]
    [DataRow(60_000, "nonsense", 4)]
    public async Task What_a_registry_does_not_take_whole_is_sent_in_pieces(int chunk, string? least, int pieces)
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                context.Response.Headers["OCI-Chunk-Min-Length"] = least;
            }

            bool tooLarge = HttpMethods.IsPut(context.Request.Method) && context.Request.ContentLength > 0;
            if (tooLarge)
            {
                await FaultRegistry.AnswerAsync(context, 413);
            }

            return tooLarge;
        });
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor blob = layout.AddBlob(Shared, MediaTypes.Layer);
        using RegistryClient client = FaultRegistry.NewClient(o => o with { ChunkSize = chunk });
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout));
        RecordedRequest[] patches = [.. registry.Requests.Where(r => r.Method == "PATCH")];
        Assert.HasCount(pieces, patches);
        Assert.StartsWith("0-", patches[0].Headers["Content-Range"]);
        Assert.EndsWith("-199999", patches[^1].Headers["Content-Range"]);
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
    }

    [TestMethod]
    public async Task A_blob_over_the_limit_is_sent_in_pieces_at_once()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        using RegistryClient client = FaultRegistry.NewClient(o => o with { LargestUpload = 199_999, ChunkSize = 100_000 });
        Descriptor blob = await client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer);
        Assert.AreEqual(2, registry.Requests.Count(r => r.Method == "PATCH"));
        CollectionAssert.AreEqual(Shared, registry.Blobs[("app", blob.Digest.Value)]);
        await client.PushBlobAsync(registry.Reference("app"), Shared.AsMemory(1), MediaTypes.Layer);
        Assert.AreEqual(2, registry.Requests.Count(r => r.Method == "PATCH"));
    }

    // FAULTS 14
    [TestMethod]
    public async Task An_upload_that_goes_elsewhere_carries_no_credentials_there()
    {
        await using FaultRegistry storage = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await FaultRegistry.AnswerAsync(context, 201);
            return true;
        });
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Account = ("me", Secret);
        registry.Fault = async (context, _) =>
        {
            if (!HttpMethods.IsPost(context.Request.Method))
            {
                return false;
            }

            context.Response.Headers.Location = $"http://{storage.Host}/upload?signature=a%2Bb";
            await FaultRegistry.AnswerAsync(context, 202);
            return true;
        };
        using RegistryClient client = FaultRegistry.NewClient(o => o with
        {
            Credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", Secret)), (storage.Host, Credential.FromPassword("me", Secret))),
        });
        Descriptor blob = await client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer);
        RecordedRequest upload = storage.Requests.Single();
        Assert.IsNull(upload.Authorization);
        Assert.AreEqual($"?signature=a%2Bb&digest=sha256%3A{blob.Digest.Hex}", upload.Query);
    }

    // FAULTS 14
    [TestMethod]
    [DataRow("/v2/app/blobs/uploads/7?state=a%2Fb", "/v2/app/blobs/uploads/7", "?state=a%2Fb&digest=")]
    [DataRow("7", "/v2/app/blobs/uploads/7", "?digest=")]
    [DataRow("?state=a", "/v2/app/blobs/uploads/", "?state=a&digest=")]
    [DataRow("http://{0}/elsewhere/7", "/elsewhere/7", "?digest=")]
    public async Task An_upload_goes_to_where_a_relative_or_absolute_location_with_or_without_a_query_says(string location, string path, string query)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Account = ("me", Secret);
        registry.Fault = async (context, _) =>
        {
            if (context.Request.Headers.Authorization.Count == 0 || HttpMethods.IsHead(context.Request.Method))
            {
                return false;
            }

            context.Response.Headers.Location = string.Format(System.Globalization.CultureInfo.InvariantCulture, location, registry.Host);
            await context.Request.Body.CopyToAsync(Stream.Null);
            await FaultRegistry.AnswerAsync(context, HttpMethods.IsPost(context.Request.Method) ? 202 : 201);
            return true;
        };
        using RegistryClient client = FaultRegistry.NewClient(o => o with
        {
            Credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", Secret))),
        });
        Descriptor blob = await client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer);
        RecordedRequest put = registry.Requests.Single(r => r.Method == "PUT");
        Assert.AreEqual((path, $"{query}sha256%3A{blob.Digest.Hex}"), (put.Path, put.Query));
        Assert.IsNotNull(put.Authorization);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("http://storage.example/upload")]
    [DataRow("ftp://127.0.0.1/upload")]
    [DataRow("http://")]
    public async Task An_upload_that_has_no_safe_place_to_go_is_refused(string? location)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (!HttpMethods.IsPost(context.Request.Method))
            {
                return false;
            }

            context.Response.Headers.Location = location;
            await FaultRegistry.AnswerAsync(context, 202);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.PushBlobAsync(registry.Reference("app"), Shared, MediaTypes.Layer));
    }

    [TestMethod]
    [DataRow("flipped", Codes.BlobCorrupt)]
    [DataRow("cut", Codes.BlobCorrupt)]
    [DataRow("gone", Codes.BlobMissing)]
    public async Task A_damaged_layout_is_not_pushed(string damage, string code)
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one", Shared);
        string path = layout.BlobPath(layout.ReadManifest(image).Layers[0].Digest);
        if (damage == "gone")
        {
            File.Delete(path);
        }
        else
        {
            byte[] bytes = [.. Shared];
            bytes[150_000] ^= 1;
            File.WriteAllBytes(path, damage == "cut" ? bytes[..100_000] : bytes);
        }

        using RegistryClient client = FaultRegistry.NewClient(o => o with { Retries = 3 });
        await Errors.ExpectAsync(code, () => client.PushAsync(layout, image, registry.Reference("app")));
        Assert.IsEmpty(registry.Manifests);
        Assert.IsFalse(registry.Blobs.Values.Any(b => b.Length >= 100_000));
        Assert.IsInRange(0, 2, registry.Count("POST", "/blobs/uploads/"));
    }

    [TestMethod]
    public async Task A_manifest_that_the_registry_took_for_another_is_an_error()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            context.Response.Headers["Docker-Content-Digest"] = Digest.Sha256("other"u8).Value;
            await FaultRegistry.AnswerAsync(context, 201);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(
            Codes.RegistryContentWrong, () => client.PutManifestAsync(registry.Reference("app:1"), "{}"u8.ToArray(), MediaTypes.ImageManifest));
    }

    [TestMethod]
    public async Task A_tag_is_put_with_the_bytes_of_its_manifest()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one");
        using RegistryClient client = FaultRegistry.NewClient();
        await client.PushAsync(layout, image, registry.Reference("app"));
        Assert.IsNull(await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(image, await client.PutManifestAsync(registry.Reference("app:1"), layout.ReadBlob(image), image.MediaType));
        Assert.AreEqual(image, await client.ResolveAsync(registry.Reference("app:1")));
    }

    // FAULTS 8
    [TestMethod]
    public async Task A_registry_that_stops_to_read_an_upload_is_given_up()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (HttpMethods.IsPut(context.Request.Method))
            {
                await FaultRegistry.HangAsync(context);
            }

            return HttpMethods.IsPut(context.Request.Method);
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { StallTimeout = TimeSpan.FromMilliseconds(300), Retries = 1 });
        await Errors.ExpectAsync(
            Codes.RegistryTimeout, () => client.PushBlobAsync(registry.Reference("app"), new byte[40_000_000], MediaTypes.Layer));
    }

    [TestMethod]
    public async Task Uploads_run_side_by_side_up_to_the_limit()
    {
        using var folder = new TemporaryFolder();
        int now = 0;
        int most = 0;
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        var full = new TaskCompletionSource();
        registry.Fault = async (context, _) =>
        {
            if (HttpMethods.IsPut(context.Request.Method) && context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                if (now == 3)
                {
                    full.TrySetResult();
                }

                await full.Task;
                Interlocked.Decrement(ref now);
            }

            return false;
        };
        OciLayout layout = OciLayout.Create(folder.Path);
        Descriptor image = Samples.AddImage(layout, "one", [.. Enumerable.Range(0, 9).Select(i => new[] { (byte)i })]);
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Parallelism = 3 });
        await client.PushAsync(layout, image, registry.Reference("app"));
        Assert.AreEqual(3, most);
    }

    [TestMethod]
    [DoNotParallelize]
    public async Task A_blob_goes_and_comes_in_constant_memory()
    {
        using var folder = new TemporaryFolder();
        OciLayout layout = OciLayout.Create(folder["from"]);
        const int size = 128 * 1024 * 1024;
        Descriptor blob = AddZeros(layout, size);

        // The server must not hold it either: it gives the file back.
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (HttpMethods.IsPut(context.Request.Method))
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                await FaultRegistry.AnswerAsync(context, 201);
                return true;
            }

            if (HttpMethods.IsGet(context.Request.Method))
            {
                await using FileStream file = File.OpenRead(layout.BlobPath(blob.Digest));
                context.Response.ContentLength = size;
                await file.CopyToAsync(context.Response.Body);
                return true;
            }

            return false;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        long before = GC.GetTotalAllocatedBytes();
        Assert.IsTrue(await client.PushBlobAsync(registry.Reference("app"), blob, layout));
        await using (Stream stream = (await client.OpenBlobAsync(registry.Reference("app"), blob))!)
        {
            await stream.CopyToAsync(Stream.Null);
        }

        // Client and server together; a copy of the blob would be four times as much.
        Assert.IsLessThan(size / 4, GC.GetTotalAllocatedBytes() - before);
    }

    // The server is the parent, so that the child's memory is the client's.
    [TestMethod]
    public async Task A_process_that_pushes_and_pulls_a_large_blob_stays_small()
    {
        const long size = 512L * 1024 * 1024;
        byte[] zeros = new byte[1 << 20];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long i = 0; i < size; i += zeros.Length)
        {
            hash.AppendData(zeros);
        }

        var blob = new Descriptor(MediaTypes.Layer, Digest.FromHash(hash), size);
        if (ChildTest.Argument is { } host)
        {
            using var folder = new TemporaryFolder();
            OciLayout layout = OciLayout.Create(folder.Path);
            using (var file = new FileStream(layout.BlobPath(blob.Digest), FileMode.CreateNew))
            {
                file.SetLength(size);
            }

            using RegistryClient client = FaultRegistry.NewClient();
            ImageReference app = ImageReference.Parse($"{host}/app");
            Assert.IsTrue(await client.PushBlobAsync(app, blob, layout));
            await using Stream stream = (await client.OpenBlobAsync(app, blob))!;
            await stream.CopyToAsync(Stream.Null);
            Assert.IsLessThan(200_000_000L, System.Diagnostics.Process.GetCurrentProcess().PeakWorkingSet64);
            return;
        }

        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (HttpMethods.IsPut(context.Request.Method))
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                await FaultRegistry.AnswerAsync(context, 201);
                return true;
            }

            if (HttpMethods.IsGet(context.Request.Method))
            {
                context.Response.ContentLength = size;
                for (long i = 0; i < size; i += zeros.Length)
                {
                    await context.Response.Body.WriteAsync(zeros);
                }

                return true;
            }

            return false;
        });
        await ChildTest.RunAsync(nameof(A_process_that_pushes_and_pulls_a_large_blob_stays_small), registry.Host);
        Assert.AreEqual(2, registry.Requests.Count(r => r.Method is "PUT" or "GET"));
    }

    [TestMethod]
    public async Task An_image_is_pulled_with_all_that_it_names_and_no_more_than_is_missing()
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        using RegistryClient client = FaultRegistry.NewClient();
        await client.PushAsync(layout, index, registry.Reference("app"));
        OciLayout to = OciLayout.Create(folder["to"]);
        Descriptor shared = to.AddBlob(Shared, MediaTypes.Layer);
        registry.Requests.Clear();

        Assert.IsTrue(await client.PullAsync(registry.Reference("app"), index, to));
        Assert.IsTrue(to.Reachable(index).All(to.Contains));
        Assert.AreEqual(0, registry.Count("GET", shared.Digest.Value));

        registry.Requests.Clear();
        Assert.IsTrue(await client.PullAsync(registry.Reference("app"), index, to));
        Assert.IsEmpty(registry.Requests);
    }

    // FAULTS 66
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public async Task An_image_that_the_registry_has_only_in_part_is_not_pulled(int gone)
    {
        using var folder = new TemporaryFolder();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        (OciLayout layout, Descriptor index) = TwoPlatforms(folder);
        using RegistryClient client = FaultRegistry.NewClient();
        await client.PushAsync(layout, index, registry.Reference("app"));
        string digest = layout.Reachable(index)[gone].Digest.Value;
        registry.Manifests.TryRemove(("app", digest), out _);
        registry.Blobs.TryRemove(("app", digest), out _);
        Assert.IsFalse(await client.PullAsync(registry.Reference("app"), index, OciLayout.Create(folder["to"])));
    }

    private static Descriptor AddZeros(OciLayout layout, int size) => layout.AddBlob(
        stream =>
        {
            byte[] piece = new byte[1 << 20];
            for (int i = 0; i < size; i += piece.Length)
            {
                stream.Write(piece);
            }
        },
        MediaTypes.Layer);

    private static (OciLayout Layout, Descriptor Index) TwoPlatforms(TemporaryFolder folder)
    {
        OciLayout layout = OciLayout.Create(folder["from"]);
        return (layout, Samples.AddIndex(layout, Samples.AddImage(layout, "one", Shared, [1]), Samples.AddImage(layout, "two", Shared, [2])));
    }
}

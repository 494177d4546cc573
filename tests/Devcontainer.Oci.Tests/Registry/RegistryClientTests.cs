using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class RegistryClientTests
{
    [TestMethod]
    public async Task A_tag_and_a_digest_resolve_by_one_HEAD_each()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor manifest = registry.AddManifest("team/app", "1.0");
        using RegistryClient client = FaultRegistry.NewClient();

        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("team/app:1.0")));
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("team/app@" + manifest.Digest)));
        CollectionAssert.AreEqual(
            new[] { "HEAD /v2/team/app/manifests/1.0", $"HEAD /v2/team/app/manifests/{manifest.Digest}" }, registry.Lines.ToArray());
        foreach (string type in new[] { MediaTypes.ImageIndex, MediaTypes.ImageManifest, MediaTypes.DockerManifest, MediaTypes.DockerManifestList })
        {
            Assert.Contains(type, registry.Requests.First().Headers["Accept"]);
        }
    }

    [TestMethod]
    [DataRow("no digest")]
    [DataRow("405")]
    [DataRow("no length")]
    public async Task Where_HEAD_does_not_tell_GET_does(string lack)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor manifest = registry.AddManifest("app", "1");
        registry.Fault = async (context, _) =>
        {
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                return false;
            }

            context.Response.ContentType = manifest.MediaType;
            context.Response.ContentLength = lack == "no length" ? null : manifest.Size;
            if (lack != "no digest")
            {
                context.Response.Headers["Docker-Content-Digest"] = manifest.Digest.Value;
            }

            await FaultRegistry.AnswerAsync(context, lack == "405" ? 405 : 200);
            return true;
        };
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(1, registry.Count("GET", "/manifests/1"));
    }

    [TestMethod]
    public async Task What_is_not_there_is_null()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        using RegistryClient client = FaultRegistry.NewClient();
        var blob = Descriptor.Of("x"u8, MediaTypes.Layer);
        Assert.IsNull(await client.ResolveAsync(registry.Reference("app:1")));
        Assert.IsNull(await client.GetManifestAsync(registry.Reference("app:1")));
        Assert.IsNull(await client.GetBlobAsync(registry.Reference("app"), blob));
        Assert.IsNull(await client.OpenBlobAsync(registry.Reference("app"), blob));
        Assert.IsFalse(await client.HeadBlobAsync(registry.Reference("app"), blob));
        Assert.HasCount(5, registry.Requests);
    }

    [TestMethod]
    public async Task Manifests_and_blobs_come_whole()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        byte[] bytes = RandomNumberGenerator.GetBytes(3_000_000);
        Descriptor blob = registry.AddBlob("app", bytes);
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = FaultRegistry.NewClient();

        RegistryManifest fetched = (await client.GetManifestAsync(registry.Reference("app:1")))!;
        Assert.AreEqual(manifest, fetched.Descriptor);
        Assert.AreEqual(manifest.Digest, Digest.Sha256(fetched.Bytes.Span));
        Assert.IsTrue(await client.HeadBlobAsync(registry.Reference("app"), blob));
        CollectionAssert.AreEqual(bytes, await client.GetBlobAsync(registry.Reference("app"), blob));
    }

    [TestMethod]
    public async Task A_blob_can_be_read_synchronously_as_layers_are()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor blob = registry.AddBlob("app", CanonicalTarTests.Write([TarEntry.File("a", TarEntry.PlainMode, "x"u8.ToArray())]));
        using RegistryClient client = FaultRegistry.NewClient();
        using LayerReader reader = LayerReader.Open((await client.OpenBlobAsync(registry.Reference("app"), blob))!, "blob");
        Assert.AreEqual("a", reader.ReadNext()!.Path);
        Assert.IsNull(reader.ReadNext());
    }

    // FAULTS 3
    [TestMethod]
    [DataRow(408)]
    [DataRow(429)]
    [DataRow(500)]
    [DataRow(502)]
    [DataRow(503)]
    [DataRow(504)]
    public async Task What_may_pass_is_tried_again_until_it_does(int status)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, count) =>
        {
            if (count <= 2)
            {
                await FaultRegistry.AnswerAsync(context, status);
            }

            return count <= 2;
        });
        Descriptor manifest = registry.AddManifest("app", "1");
        Descriptor blob = registry.AddBlob("app", "content"u8.ToArray());
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.AreEqual(manifest, await client.ResolveAsync(registry.Reference("app:1")));
        Assert.AreEqual(manifest, (await client.GetManifestAsync(registry.Reference("app:1")))!.Descriptor);
        Assert.IsNotNull(await client.GetBlobAsync(registry.Reference("app"), blob));
        Assert.HasCount(9, registry.Requests);
    }

    // FAULTS 3, 67
    [TestMethod]
    [DataRow(400, Codes.RegistryRefused)]
    [DataRow(401, Codes.RegistryUnauthorized)]
    [DataRow(403, Codes.RegistryUnauthorized)]
    [DataRow(409, Codes.RegistryRefused)]
    [DataRow(418, Codes.RegistryRefused)]
    [DataRow(204, Codes.RegistryRefused)]
    [DataRow(206, Codes.RegistryRefused)]
    [DataRow(302, Codes.RegistryRefused)]
    public async Task What_will_not_pass_is_tried_once_and_is_neither_there_nor_missing(int status, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await FaultRegistry.AnswerAsync(context, status, """{"errors":[{"code":"DENIED","message":"not you\u001b[0m"}]}""");
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        var blob = Descriptor.Of("x"u8, MediaTypes.Layer);
        await Errors.ExpectAsync(code, () => client.ResolveAsync(registry.Reference("app:1")));
        string message = await Errors.ExpectAsync(code, () => client.GetManifestAsync(registry.Reference("app:1")));
        await Errors.ExpectAsync(code, () => client.HeadBlobAsync(registry.Reference("app"), blob));
        await Errors.ExpectAsync(code, () => client.GetBlobAsync(registry.Reference("app"), blob));
        Assert.HasCount(4, registry.Requests);
        Assert.DoesNotContain('\u001b', message);
        if (status != 204)
        {
            Assert.Contains("DENIED not you", message);
        }
    }

    [TestMethod]
    [DataRow(500, Codes.RegistryRefused)]
    [DataRow(503, Codes.RegistryRefused)]
    [DataRow(429, Codes.RegistryRateLimited)]
    public async Task What_never_passes_is_given_up_after_the_retries(int status, string code)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await FaultRegistry.AnswerAsync(context, status);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Retries = 3 });
        await Errors.ExpectAsync(code, () => client.ResolveAsync(registry.Reference("app:1")));
        Assert.HasCount(4, registry.Requests);
    }

    // FAULTS 1
    [TestMethod]
    [DataRow("31")]
    [DataRow("Fri, 31 Dec 9999 23:59:59 GMT")]
    public async Task Retry_After_is_kept_to_between_a_floor_and_a_ceiling(string tooLong)
    {
        string[] asked = ["7", "0", "-5", "garbage", "Thu, 01 Jan 1970 00:00:00 GMT", "99999999999999999999", tooLong];
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, count) =>
        {
            context.Response.Headers.RetryAfter = asked[count - 1];
            await FaultRegistry.AnswerAsync(context, 429);
            return true;
        });
        var time = new InstantTime();
        using RegistryClient client = FaultRegistry.NewClient(o => o with
        {
            Time = time, Retries = 10, RetryDelay = TimeSpan.FromSeconds(1), LongestRetryDelay = TimeSpan.FromSeconds(30),
        });

        // The last answer asks for longer than the ceiling, so no other request is made.
        await Errors.ExpectAsync(Codes.RegistryRateLimited, () => client.ResolveAsync(registry.Reference("app:1")));
        Assert.HasCount(asked.Length, registry.Requests);
        Assert.HasCount(asked.Length - 1, time.Pauses);
        Assert.AreEqual(TimeSpan.FromSeconds(7), time.Pauses[0]);
        foreach ((TimeSpan pause, int floor) in time.Pauses.Skip(1).Zip([2, 4, 8, 16]))
        {
            Assert.IsInRange(TimeSpan.FromSeconds(floor * 0.79), TimeSpan.FromSeconds(floor * 1.21), pause);
        }
    }

    // FAULTS 4
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_blob_whose_connection_breaks_is_resumed_or_restarted(bool ranges)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(1_000_000);
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, count) =>
        {
            if (count > 3)
            {
                if (!ranges)
                {
                    context.Request.Headers.Remove("Range");
                }

                return false;
            }

            int from = ranges && count > 1 ? int.Parse(context.Request.Headers.Range.ToString()["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            context.Response.StatusCode = from > 0 ? 206 : 200;
            context.Response.Headers.ContentRange = from > 0 ? $"bytes {from}-999999/1000000" : default;
            context.Response.ContentLength = bytes.Length - from;
            await context.Response.Body.WriteAsync(bytes.AsMemory(from, 200_000 + (count * 1000)));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        });
        Descriptor blob = registry.AddBlob("app", bytes);
        using RegistryClient client = FaultRegistry.NewClient();
        CollectionAssert.AreEqual(bytes, await client.GetBlobAsync(registry.Reference("app"), blob));
        Assert.HasCount(4, registry.Requests);
    }

    [TestMethod]
    public async Task A_registry_that_resumes_elsewhere_than_asked_is_refused()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(100_000);
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, count) =>
        {
            context.Response.StatusCode = count == 1 ? 200 : 206;
            context.Response.Headers.ContentRange = count == 1 ? default : "bytes 1-99999/100000";
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, 50_000));
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.RegistryRefused, () => client.GetBlobAsync(registry.Reference("app"), Descriptor.Of(bytes, MediaTypes.Layer)));
    }

    [TestMethod]
    public async Task A_connection_that_breaks_before_or_in_a_manifest_is_tried_again()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, count) =>
        {
            if (count == 2)
            {
                context.Response.ContentType = MediaTypes.ImageManifest;
                context.Response.ContentLength = 500;
                await context.Response.WriteAsync("{");
                await context.Response.Body.FlushAsync();
            }

            if (count <= 2)
            {
                context.Abort();
            }

            return count <= 2;
        });
        Descriptor manifest = registry.AddManifest("app", "1");
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.AreEqual(manifest, (await client.GetManifestAsync(registry.Reference("app:1")))!.Descriptor);
        Assert.HasCount(3, registry.Requests);
    }

    [TestMethod]
    public async Task A_connection_that_always_breaks_is_unreachable()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync((context, _) =>
        {
            context.Abort();
            return Task.FromResult(true);
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Retries = 2 });
        await Errors.ExpectAsync(Codes.RegistryUnreachable, () => client.ResolveAsync(registry.Reference("app:1")));
    }

    // FAULTS 6
    [TestMethod]
    public async Task A_blob_without_a_length_that_ends_early_is_an_error()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(10_000);
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, 9_999));
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(
            Codes.BlobCorrupt, () => client.GetBlobAsync(registry.Reference("app"), Descriptor.Of(bytes, MediaTypes.Layer)));
    }

    // FAULTS 6: HTTP without length and chunks ends where the connection does.
    [TestMethod]
    [DataRow("manifests/1")]
    [DataRow("blobs")]
    public async Task A_body_that_only_the_connection_ends_is_checked_too(string what)
    {
        byte[] whole = new ImageManifest { Config = Descriptor.EmptyJson, Layers = [] }.ToBytes();
        Descriptor descriptor = Descriptor.Of(whole, MediaTypes.ImageManifest);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        Task server = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using TcpClient peer = await listener.AcceptTcpClientAsync(stop.Token);
                NetworkStream stream = peer.GetStream();
                using var reader = new StreamReader(stream, leaveOpen: true);
                while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 })
                {
                }

                await stream.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {descriptor.MediaType}\r\nDocker-Content-Digest: {descriptor.Digest}\r\n\r\n"));
                await stream.WriteAsync(whole.AsMemory(0, whole.Length - 1));
            }
        });
        using var client = new RegistryClient(new RegistryClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1), Retries = 2 });
        ImageReference reference = ImageReference.Parse($"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/app:1");
        if (what == "blobs")
        {
            await Errors.ExpectAsync(Codes.BlobCorrupt, () => client.GetBlobAsync(reference, descriptor));
        }
        else
        {
            await Errors.ExpectAsync(Codes.RegistryContentWrong, () => client.GetManifestAsync(reference));
        }

        await stop.CancelAsync();
        await server.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // FAULTS 7
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Wrong_bytes_under_a_right_digest_header_are_refused(bool byDigest)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor manifest = registry.AddManifest("app", "1");
        registry.Fault = async (context, _) =>
        {
            context.Response.Headers["Docker-Content-Digest"] = manifest.Digest.Value;
            await FaultRegistry.AnswerAsync(context, 200, """{"schemaVersion":2,"manifests":[]}""", MediaTypes.ImageIndex);
            return true;
        };
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(
            Codes.RegistryContentWrong, () => client.GetManifestAsync(registry.Reference(byDigest ? "app@" + manifest.Digest : "app:1")));
        Assert.HasCount(1, registry.Requests);
    }

    [TestMethod]
    public async Task A_blob_of_wrong_bytes_or_length_is_refused()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor blob = Descriptor.Of("content"u8, MediaTypes.Layer);
        using RegistryClient client = FaultRegistry.NewClient();
        registry.Blobs[("app", blob.Digest.Value)] = "contenu"u8.ToArray();
        await Errors.ExpectAsync(Codes.BlobCorrupt, () => client.GetBlobAsync(registry.Reference("app"), blob));
        registry.Blobs[("app", blob.Digest.Value)] = "content and more"u8.ToArray();
        await Errors.ExpectAsync(Codes.BlobCorrupt, () => client.GetBlobAsync(registry.Reference("app"), blob));
        await Errors.ExpectAsync(Codes.RegistryContentWrong, () => client.HeadBlobAsync(registry.Reference("app"), blob));
    }

    [TestMethod]
    public async Task A_HEAD_for_one_digest_that_states_another_is_refused()
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor manifest = registry.AddManifest("app", "1");
        Digest other = Digest.Sha256("other"u8);
        registry.Manifests[("app", other.Value)] = registry.Manifests[("app", "1")];
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.RegistryContentWrong, () => client.ResolveAsync(registry.Reference("app@" + other)));
    }

    [TestMethod]
    [DataRow("text/html", null)]
    [DataRow("application/vnd.docker.distribution.manifest.v1+prettyjws", null)]
    [DataRow("", null)]
    [DataRow(MediaTypes.ImageManifest, "sha256:short")]
    public async Task What_is_no_manifest_is_no_answer(string mediaType, string? digest)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = mediaType;
            context.Response.ContentLength = 5;
            context.Response.Headers["Docker-Content-Digest"] = digest;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.WriteAsync("login");
            }

            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.ResolveAsync(registry.Reference("app:1")));
        await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.GetManifestAsync(registry.Reference("app:1")));
    }

    // FAULTS 8
    [TestMethod]
    [DataRow("headers", "manifest")]
    [DataRow("body", "manifest")]
    [DataRow("drip", "manifest")]
    [DataRow("body", "blob")]
    [DataRow("drip", "blob")]
    public async Task Silence_and_dripping_end_in_a_timeout(string fault, string what)
    {
        byte[] bytes = new byte[100_000];
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (fault != "headers")
            {
                context.Response.ContentType = MediaTypes.ImageManifest;
                context.Response.ContentLength = bytes.Length;
                await context.Response.Body.WriteAsync(bytes.AsMemory(0, 1));
                await context.Response.Body.FlushAsync();
            }

            using var drip = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (fault == "drip" && await drip.WaitForNextTickAsync(context.RequestAborted))
            {
                await context.Response.Body.WriteAsync(bytes.AsMemory(0, 1), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            await FaultRegistry.HangAsync(context);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { StallTimeout = TimeSpan.FromMilliseconds(200), Retries = 1 });
        string message = await Errors.ExpectAsync(Codes.RegistryTimeout, () => what == "blob"
            ? client.GetBlobAsync(registry.Reference("app"), Descriptor.Of(bytes, MediaTypes.Layer))
            : client.GetManifestAsync(registry.Reference("app:1")));
        Assert.Contains("0.2 s", message);
        Assert.IsInRange(2, 3, registry.Requests.Count);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_call_ends_at_its_deadline(bool body)
    {
        byte[] bytes = new byte[100_000];
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (body)
            {
                context.Response.ContentLength = bytes.Length;
                await context.Response.Body.WriteAsync(bytes.AsMemory(0, 1));
                await context.Response.Body.FlushAsync();
            }

            await FaultRegistry.HangAsync(context);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Deadline = TimeSpan.FromMilliseconds(200) });
        string message = await Errors.ExpectAsync(Codes.RegistryTimeout, () => body
            ? client.GetBlobAsync(registry.Reference("app"), Descriptor.Of(bytes, MediaTypes.Layer))
            : client.ResolveAsync(registry.Reference("app:1")));
        Assert.Contains("not done in 0.2 s", message);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task The_callers_cancellation_is_a_cancellation(bool body)
    {
        using var cancelled = new CancellationTokenSource();
        byte[] bytes = new byte[100_000];
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            if (body)
            {
                context.Response.ContentLength = bytes.Length;
                await context.Response.Body.FlushAsync();
            }

            await cancelled.CancelAsync();
            await FaultRegistry.HangAsync(context);
            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Assert.ThrowsAsync<OperationCanceledException>(() => body
            ? client.GetBlobAsync(registry.Reference("app"), Descriptor.Of(bytes, MediaTypes.Layer), cancelled.Token)
            : client.ResolveAsync(registry.Reference("app:1"), cancelled.Token));
    }

    // FAULTS 9
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_huge_manifest_is_not_read(bool stated)
    {
        long sent = 0;
        await using FaultRegistry registry = await FaultRegistry.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = MediaTypes.ImageManifest;
            context.Response.ContentLength = stated ? 1L << 40 : null;
            byte[] piece = new byte[1 << 16];

            // Where the client has hung up, the server takes what is written and sends nothing of it.
            while (!(await context.Response.BodyWriter.WriteAsync(piece, context.RequestAborted)).IsCompleted)
            {
                sent += piece.Length;
            }

            return true;
        });
        using RegistryClient client = FaultRegistry.NewClient();
        await Errors.ExpectAsync(Codes.ContentTooLarge, () => client.GetManifestAsync(registry.Reference("app:1")));
        Assert.IsLessThan(64L << 20, sent);
    }

    [TestMethod]
    public async Task A_huge_blob_is_not_taken_into_memory()
    {
        using var client = new RegistryClient();
        await Errors.ExpectAsync(Codes.ContentTooLarge, () => client.GetBlobAsync(
            ImageReference.Parse("localhost:1/app"), new Descriptor("a", Digest.Sha256([]), OciLayout.MaxInMemory + 1)));
    }

    [TestMethod]
    public async Task Nobody_there_is_unreachable_at_once()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = new RegistryClient(new RegistryClientOptions { RetryDelay = TimeSpan.FromMinutes(10) });
        string message = await Errors.ExpectAsync(
            Codes.RegistryUnreachable, () => client.ResolveAsync(ImageReference.Parse($"127.0.0.1:{port}/app")));
        Assert.Contains("ConnectionRefused", message);
        message = await Errors.ExpectAsync(
            Codes.RegistryUnreachable, () => client.ResolveAsync(ImageReference.Parse("registry.invalid/app")));
        Assert.Contains("cannot be resolved", message);
    }

    // FAULTS 12
    [TestMethod]
    [DataRow(301)]
    [DataRow(302)]
    [DataRow(303)]
    [DataRow(307)]
    [DataRow(308)]
    public async Task A_redirect_to_another_host_carries_no_credentials_and_one_to_the_same_does(int status)
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(1000);
        await using FaultRegistry storage = await FaultRegistry.StartAsync(async (context, _) =>
        {
            await context.Response.Body.WriteAsync(bytes);
            return true;
        });
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        registry.Account = ("me", "secret");
        registry.Fault = (context, _) =>
        {
            if (context.Request.Headers.Authorization.Count == 0)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = status;
            context.Response.Headers.SetCookie = "a=b";
            context.Response.Headers.Location = context.Request.Query.ContainsKey("again")
                ? $"http://{storage.Host}/blob?signature=abc" : context.Request.Path + "?again";
            return Task.FromResult(true);
        };
        using RegistryClient client = FaultRegistry.NewClient(o => o with { Credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", "secret"))) });

        CollectionAssert.AreEqual(bytes, await client.GetBlobAsync(registry.Reference("app"), Descriptor.Of(bytes, MediaTypes.Layer)));

        RecordedRequest foreign = storage.Requests.Single();
        Assert.IsNull(foreign.Authorization);
        CollectionAssert.IsSubsetOf(foreign.Headers.Keys.ToArray(), new[] { "Host", "User-Agent", "Accept", "Range" });
        Assert.AreEqual(2, registry.Requests.Count(r => r.Authorization is not null));
    }

    [TestMethod]
    [DataRow("http://registry.example/blob", "not HTTPS")]
    [DataRow("http://169.254.169.254/latest", "not HTTPS")]
    [DataRow("file:///etc/passwd", "not HTTPS")]
    [DataRow("/v2/app/manifests/1", "without end")]
    public async Task A_redirect_to_where_nothing_may_go_is_refused(string location, string reason)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = location;
            return Task.FromResult(true);
        });
        using RegistryClient client = FaultRegistry.NewClient();
        Assert.Contains(reason, await Errors.ExpectAsync(Codes.RegistryProtocol, () => client.ResolveAsync(registry.Reference("app:1"))));
    }

    [TestMethod]
    [DataRow("", "app")]
    [DataRow("/proxy/mcr", "proxy/mcr/app")]
    [DataRow("/proxy/mcr/", "proxy/mcr/app")]
    public async Task A_mirror_is_asked_in_place_of_the_registry(string suffix, string repository)
    {
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        Descriptor manifest = registry.AddManifest(repository, "1");
        registry.Account = ("me", "secret");
        var credentials = new FixedCredentials((registry.Host, Credential.FromPassword("me", "secret")));
        using RegistryClient client = FaultRegistry.NewClient(o => o with
        {
            Credentials = credentials, Mirrors = new Dictionary<string, string> { ["MCR.microsoft.com"] = registry.Host + suffix },
        });
        Assert.AreEqual(manifest, await client.ResolveAsync(ImageReference.Parse("mcr.microsoft.com/app:1")));
        CollectionAssert.AreEqual(new[] { registry.Host }, credentials.Asked);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("https://localhost:5000")]
    [DataRow("localhost:5000?x")]
    [DataRow("user@localhost:5000")]
    [DataRow("localhost:5000/../x")]
    [DataRow("localhost:5000/UPPER")]
    [DataRow("word")]
    public async Task A_malformed_mirror_is_refused(string mirror)
    {
        using var client = new RegistryClient(new RegistryClientOptions { Mirrors = new Dictionary<string, string> { ["docker.io"] = mirror } });
        await Errors.ExpectAsync(Codes.MirrorInvalid, () => client.ResolveAsync(ImageReference.Parse("debian")));
    }

    [TestMethod]
    [DataRow("docker.io", "https://registry-1.docker.io/")]
    [DataRow("ghcr.io", "https://ghcr.io/")]
    [DataRow("localhost", "http://localhost/")]
    [DataRow("localhost:5000", "http://localhost:5000/")]
    [DataRow("127.0.0.1:5000", "http://127.0.0.1:5000/")]
    [DataRow("127.8.9.1", "http://127.8.9.1/")]
    [DataRow("[::1]:5000", "http://[::1]:5000/")]
    [DataRow("localhost.example.com", "https://localhost.example.com/")]
    [DataRow("127.0.0.1.example.com", "https://127.0.0.1.example.com/")]
    [DataRow("10.0.0.1:5000", "https://10.0.0.1:5000/")]
    [DataRow("insecure:5000", "http://insecure:5000/")]
    [DataRow("insecure:5001", "https://insecure:5001/")]
    [DataRow("plain.example", "http://plain.example/")]
    public void Plain_HTTP_is_for_loopback_and_listed_hosts(string host, string origin) =>
        Assert.AreEqual(origin, RegistryEndpoint.For(host, new RegistryClientOptions { InsecureRegistries = ["Insecure:5000", "plain.example"] }).Origin.ToString());

    [TestMethod]
    [DoNotParallelize]
    public async Task A_proxy_is_asked_for_every_registry_but_those_on_loopback()
    {
        await using FaultRegistry proxy = await FaultRegistry.StartAsync();
        await using FaultRegistry registry = await FaultRegistry.StartAsync();
        proxy.AddManifest("far", "1");
        registry.AddManifest("near", "1");
        IWebProxy before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy($"http://{proxy.Host}");
        try
        {
            using RegistryClient client = FaultRegistry.NewClient(o => o with { InsecureRegistries = ["registry.invalid"] });
            Assert.IsNotNull(await client.ResolveAsync(ImageReference.Parse("registry.invalid/far:1")));
            Assert.IsNotNull(await client.ResolveAsync(registry.Reference("near:1")));
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.AreEqual("registry.invalid", proxy.Requests.Single().Headers["Host"]);
        Assert.HasCount(1, registry.Requests);
    }

    private sealed class InstantTime : TimeProvider
    {
        internal List<TimeSpan> Pauses { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pauses.Add(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}

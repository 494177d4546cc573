using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Tests.Sharing;

[TestClass]
public sealed class TagMoveTests
{
    private static readonly byte[] Content = new ImageIndex { Manifests = [] }.ToBytes();
    private readonly RecordingReporter _reporter = new();

    [TestMethod]
    public async Task A_tag_that_cannot_be_moved_is_told_with_those_that_have_and_have_not()
    {
        using var folder = new TemporaryFolder();
        using var registry = new TagRegistry("two");
        Diagnostic error = await Errors.ExpectAsync(Codes.TagsPartlyMoved, () => MoveAsync(registry, folder, "one", "two", "three"));
        Assert.Contains("has the tags one, and not two, three", error.Message);
        CollectionAssert.AreEqual(new[] { "one" }, registry.Moved);
        Assert.IsFalse(File.Exists(folder[PublishedImage.FileName]));

        // The way back was written before the first tag moved.
        using JsonDocument rollback = JsonDocument.Parse(await File.ReadAllBytesAsync(folder[PublishedImage.RollbackFileName]));
        Assert.AreEqual(3, rollback.RootElement.GetProperty("tags").GetArrayLength());
    }

    [TestMethod]
    public async Task Where_the_first_tag_cannot_be_moved_the_error_is_the_registrys()
    {
        using var folder = new TemporaryFolder();
        using var registry = new TagRegistry("one");
        await Errors.ExpectAsync(Codes.RegistryUnauthorized, () => MoveAsync(registry, folder, "one", "two"));
        Assert.IsEmpty(registry.Moved);
    }

    [TestMethod]
    public async Task All_tags_move_in_order_and_are_written_down()
    {
        using var folder = new TemporaryFolder();
        using var registry = new TagRegistry(refused: null);
        await MoveAsync(registry, folder, "b", "a");
        CollectionAssert.AreEqual(new[] { "b", "a" }, registry.Moved);
        PublishedImage published = PublishedImage.Read(folder[PublishedImage.FileName], Codes.RollbackFileInvalid)!;
        Assert.AreEqual(Digest.Sha256(Content).Value, published.Digest);
        CollectionAssert.AreEqual(new[] { new PublishedTag("b", null), new PublishedTag("a", null) }, published.Tags.ToArray());
    }

    private async Task MoveAsync(TagRegistry registry, TemporaryFolder folder, params string[] tags)
    {
        using var client = new RegistryClient();
        var move = new TagMove(client, new PushTargets(ImageReference.Parse(registry.Name + "/team/dev"), [], _reporter), _reporter);
        await move.RunAsync(Descriptor.Of(Content, MediaTypes.ImageIndex), Content, tags, folder["."], CancellationToken.None);
    }

    /// <summary>A registry that has no tag yet, and takes all but one.</summary>
    private sealed class TagRegistry : IDisposable
    {
        private readonly HttpListener _listener;
        private readonly List<string> _moved = [];

        internal TagRegistry(string? refused)
        {
            using (var socket = new TcpListener(IPAddress.Loopback, 0))
            {
                socket.Start();
                Name = string.Create(CultureInfo.InvariantCulture, $"localhost:{((IPEndPoint)socket.LocalEndpoint).Port}");
            }

            _listener = new HttpListener { Prefixes = { $"http://{Name}/" } };
            _listener.Start();
            _ = AnswerAsync(refused);
        }

        internal string Name { get; }

        internal string[] Moved => [.. _moved];

        public void Dispose() => _listener.Close();

        private async Task AnswerAsync(string? refused)
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }

                string tag = context.Request.Url!.Segments[^1];
                bool isPut = context.Request.HttpMethod == "PUT";
                await context.Request.InputStream.CopyToAsync(Stream.Null);
                context.Response.StatusCode = !isPut ? 404 : tag == refused ? 403 : 201;
                if (context.Response.StatusCode == 201)
                {
                    _moved.Add(tag);
                }

                context.Response.Close();
            }
        }
    }
}

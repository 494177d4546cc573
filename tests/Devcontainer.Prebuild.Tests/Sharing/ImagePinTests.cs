using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild.Tests.Sharing;

[TestClass]
public sealed class ImagePinTests : IDisposable
{
    private static readonly string Digest = "sha256:" + new string('a', 64);
    private static readonly string Other = "sha256:" + new string('b', 64);
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingReporter _reporter = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("ghcr.io/org/dev:1.2", "ghcr.io/org/dev@{0}")]
    [DataRow("ghcr.io/org/dev", "ghcr.io/org/dev@{0}")]
    [DataRow("ghcr.io/org/dev@{1}", "ghcr.io/org/dev@{0}")]
    [DataRow("ghcr.io/org/dev:1.2@{1}", "ghcr.io/org/dev@{0}")]
    [DataRow("GHCR.io\\/org/dev:1.2", "GHCR.io/org/dev@{0}")]
    public async Task A_tag_or_an_older_digest_becomes_the_digest_that_was_published(string before, string after)
    {
        Publish("ghcr.io/org/dev");
        string path = _folder.Write("devcontainer.json", Text(before));
        PinnedFile file = (await PinAsync(path)).Single();
        Assert.AreEqual(Text(after), await File.ReadAllTextAsync(path));
        Assert.AreEqual(Filled(after).Replace("\\", "", StringComparison.Ordinal), file.Image);
        Assert.IsTrue(file.IsChanged);
        Assert.Contains(path, _reporter.Text);
    }

    [TestMethod]
    [DataRow("localhost:5000/dev", "localhost:5000/dev")]
    [DataRow("docker.io/org/dev", "org/dev")]
    [DataRow("docker.io/library/dev", "docker.io/library/dev")]
    public async Task Registry_and_repository_stay_as_they_are_written(string published, string written)
    {
        Publish(published);
        string path = _folder.Write("devcontainer.json", Text(written + ":1"));
        await PinAsync(path);
        Assert.AreEqual(Text(written + "@{0}"), await File.ReadAllTextAsync(path));
    }

    [TestMethod]
    [DataRow("ghcr.io/org/dev@{0}")]
    [DataRow("ghcr.io/org/dev:1.2@{0}")]
    [DataRow("ghcr.io/org\\/dev@{0}")]
    public async Task What_is_pinned_already_is_not_written(string image)
    {
        Publish("ghcr.io/org/dev");
        string path = _folder.Write("devcontainer.json", Text(image));
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.IsFalse((await PinAsync(path)).Single().IsChanged);
        Assert.AreEqual(Text(image), await File.ReadAllTextAsync(path));
        Assert.AreEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(path));
    }

    [TestMethod]
    public async Task A_dry_run_says_what_it_would_write()
    {
        Publish("ghcr.io/org/dev");
        string path = _folder.Write("devcontainer.json", Text("ghcr.io/org/dev:1"));
        await PinAsync(request => request with { DryRun = true }, path);
        Assert.AreEqual(Text("ghcr.io/org/dev:1"), await File.ReadAllTextAsync(path));
        Assert.AreEqual($"Dry run: {path} would get ghcr.io/org/dev@{Digest} instead of ghcr.io/org/dev:1.", _reporter.Text);
    }

    [TestMethod]
    public async Task An_image_of_another_repository_is_replaced_only_when_asked()
    {
        Publish("ghcr.io/org/dev");
        string good = _folder.Write("good.json", Text("ghcr.io/org/dev:1"));
        string path = _folder.Write("devcontainer.json", Text("ghcr.io/org/web:1"));
        Diagnostic error = await Errors.ExpectAsync(Codes.PinFileForeign, () => PinAsync(good, path));
        Assert.Contains("\"ghcr.io/org/web:1\"", error.Message);
        Assert.Contains("ghcr.io/org/dev", error.Message);
        Assert.AreEqual(new SourceLocation(path, 3, 12), error.Location);

        // Where one cannot be pinned, none is.
        Assert.AreEqual(Text("ghcr.io/org/dev:1"), await File.ReadAllTextAsync(good));
        await PinAsync(request => request with { AnyImage = true }, good, path);
        Assert.AreEqual(Text("ghcr.io/org/dev@{0}"), await File.ReadAllTextAsync(good));
        Assert.AreEqual(Text("ghcr.io/org/dev@{0}"), await File.ReadAllTextAsync(path));
    }

    [TestMethod]
    public async Task An_image_in_several_registries_is_pinned_in_the_one_that_is_used()
    {
        new PublishedImage("ghcr.io/org/dev", Digest, []) { Others = [new PublishedTags("registry.example/team/dev", [])] }.Write(_folder[PublishedImage.FileName]);
        string path = _folder.Write("devcontainer.json", Text("registry.example/team/dev:1"));
        await PinAsync(path);
        Assert.AreEqual(Text("registry.example/team/dev@{0}"), await File.ReadAllTextAsync(path));
        string other = _folder.Write("other.json", Text("debian"));
        Assert.Contains("ghcr.io/org/dev, registry.example/team/dev", (await Errors.ExpectAsync(Codes.PinFileForeign, () => PinAsync(other))).Message);
    }

    [TestMethod]
    [DataRow("ghcr.io/org/dev-two:1")]
    [DataRow("ghcr.io.example/org/dev:1")]
    [DataRow("org/dev:1")]
    [DataRow("${localEnv:IMAGE}")]
    [DataRow("")]
    public async Task What_only_looks_like_the_image_is_another_one(string image)
    {
        Publish("ghcr.io/org/dev");
        await Errors.ExpectAsync(Codes.PinFileForeign, () => PinAsync(_folder.Write("devcontainer.json", Text(image))));
    }

    [TestMethod]
    [DataRow("""{"build":{"dockerfile":"Dockerfile"},"image":"ghcr.io/org/dev"}""", "'build'")]
    [DataRow("""{"dockerFile":"Dockerfile"}""", "'dockerFile'")]
    [DataRow("""{"dockerComposeFile":["a.yml"],"service":"a"}""", "'dockerComposeFile'")]
    [DataRow("""{"name":"dev"}""", "no 'image'")]
    [DataRow("""{"image":1}""", "no string")]
    [DataRow("[]", "no object")]
    [DataRow(null, "no such file")]
    public async Task A_file_without_an_image_is_an_error_that_says_why(string? text, string reason)
    {
        Publish("ghcr.io/org/dev");
        string path = text is null ? _folder["devcontainer.json"] : _folder.Write("devcontainer.json", text);
        Diagnostic error = await Errors.ExpectAsync(Codes.PinFileInvalid, () => PinAsync(path));
        Assert.Contains(reason, error.Message);
        Assert.AreEqual(path, error.Location!.File);
    }

    [TestMethod]
    public async Task An_image_beside_build_arguments_is_the_one_that_is_used()
    {
        Publish("ghcr.io/org/dev");
        string path = _folder.Write("devcontainer.json", """{"build":{"args":{}},"image":"ghcr.io/org/dev:1"}""");
        await PinAsync(path);
        Assert.AreEqual("""{"build":{"args":{}},"image":"ghcr.io/org/dev@{0}"}""".Replace("{0}", Digest, StringComparison.Ordinal), await File.ReadAllTextAsync(path));
    }

    [TestMethod]
    public async Task What_is_no_JSON_is_told_at_its_place()
    {
        Publish("ghcr.io/org/dev");
        Diagnostic error = await Errors.ExpectAsync(Codes.ConfigurationNotJson, () => PinAsync(_folder.Write("devcontainer.json", "{\n  \"image\" \"x\"\n}")));
        Assert.AreEqual(2, error.Location!.Line);
    }

    [TestMethod]
    public async Task Without_a_push_or_a_file_there_is_nothing_to_do()
    {
        string path = _folder.Write("devcontainer.json", Text("ghcr.io/org/dev:1"));
        Assert.Contains("published.json", (await Errors.ExpectAsync(Codes.PinImageUnknown, () => PinAsync(path))).Message);
        _folder.Write("published.json", "{}");
        Assert.Contains("published.json", (await Errors.ExpectAsync(Codes.PinImageUnknown, () => PinAsync(path))).Message);
        Publish("ghcr.io/org/dev");
        Assert.Contains("DevcontainerPinFile", (await Errors.ExpectAsync(Codes.PropertyInvalid, () => PinAsync())).Message);
        await Errors.ExpectAsync(
            Codes.PropertyInvalid, () => PinAsync(request => request with { To = "1", Registry = "ghcr.io", Registries = Registries with { Offline = true } }, path));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Mode_and_link_of_a_file_stay()
    {
        Publish("ghcr.io/org/dev");
        string path = _folder.Write("real/devcontainer.json", Text("ghcr.io/org/dev:1"));
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead;
#pragma warning disable CA1416 // Not on Windows.
        File.SetUnixFileMode(path, Mode);
        string link = _folder.Write("devcontainer.json", "-> real/devcontainer.json");
        await PinAsync(link);
        Assert.IsNotNull(new FileInfo(link).LinkTarget);
        Assert.AreEqual(Text("ghcr.io/org/dev@{0}"), await File.ReadAllTextAsync(path));
        Assert.AreEqual(Mode, File.GetUnixFileMode(path));
#pragma warning restore CA1416
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task A_file_that_cannot_be_written_is_an_error_and_stays()
    {
        Publish("ghcr.io/org/dev");

        // So long a name that there is none for a file beside it.
        string path = _folder.Write(new string('x', 250), Text("ghcr.io/org/dev:1"));
        Assert.Contains("cannot be written", (await Errors.ExpectAsync(Codes.PinFileInvalid, () => PinAsync(path))).Message);
        Assert.AreEqual(Text("ghcr.io/org/dev:1"), await File.ReadAllTextAsync(path));
    }

    private static RegistrySettings Registries => new() { WorkspaceFolder = "/", Environment = new Dictionary<string, string>() };

    private static string Text(string image) =>
        $"// What we use.\r\n{{\r\n  \"image\": \"{Filled(image)}\", // moved by a job\r\n\t\"name\": \"dev\",\r\n}}";

    private static string Filled(string image) =>
        image.Replace("{0}", Digest, StringComparison.Ordinal).Replace("{1}", Other, StringComparison.Ordinal);

    private void Publish(string repository) => new PublishedImage(repository, Digest, []).Write(_folder[PublishedImage.FileName]);

    private Task<IReadOnlyList<PinnedFile>> PinAsync(params string[] files) => PinAsync(static request => request, files);

    private Task<IReadOnlyList<PinnedFile>> PinAsync(Func<PinRequest, PinRequest> change, params string[] files) => new ImagePin(_reporter).RunAsync(
        change(new PinRequest { Files = files, OutputPath = _folder.Path, Repository = "org/dev", Registries = Registries }), CancellationToken.None);
}

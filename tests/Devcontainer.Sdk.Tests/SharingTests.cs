using System.Globalization;
using System.Net;
using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Images that machines share through a registry: pushed by one, found by others by key, without an engine.</summary>
[TestClass]
[TestCategory("Engine")]
public sealed class SharingTests : EngineTests
{
    private const string Platforms = "linux/amd64;linux/arm64";

    /// <summary>Machine A builds and pushes; machine B, a clone elsewhere with another umask and no docker, finds the image; then a file changes.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Another_machine_finds_the_image_without_an_engine_and_says_what_changed()
    {
        Workspace a = NewShared(Platforms);
        a.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nCOPY tools /opt/tools\nRUN chmod -R a+rX /opt/tools\n");
        a.Write(".devcontainer/tools/one.txt", "one\n");
        a.WriteScript(".devcontainer/tools/two.sh", "#!/bin/sh\necho two\n");
        a.Write(".gitignore", "bin/\n");
        CommandResult built = (await PublishAsync(a)).Succeeded();
        Assert.HasCount(1, built.Lines("Pushed "), built.Report);
        await ShellAsync(a, "git init -q && git add -A && git -c user.name=a -c user.email=a@example.com commit -qm All");

        Workspace b = NewWorkspace();
        Name(b, a.Environment["DevcontainerRepository"]!, Platforms);
        Directory.Delete(b.Folder, recursive: true);
        await ShellAsync(a, $"umask 077 && git clone -q . '{b.Folder}'");
        b.Environment["PATH"] = WithoutDocker(b);
        CommandResult items = (await Quickstart.PrebuildAsync(b)).Succeeded();
        IReadOnlyDictionary<string, string> image = items.Items("DevcontainerImage").Single();
        Assert.AreEqual(("registry", string.Empty), (image["Source"], image["Layout"]));
        CommandResult original = (await Quickstart.PrebuildAsync(a)).Succeeded();
        foreach (string item in Quickstart.Items)
        {
            Assert.AreEqual(Comparable(original, item), Comparable(items, item), item);
        }

        foreach (string file in Directory.EnumerateFiles(a["bin/devcontainer/sbom"]).Append(a["bin/devcontainer/receipt.json"]))
        {
            string other = b[Path.GetRelativePath(a.Folder, file)];
            CollectionAssert.AreEqual(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(other), other);
        }

        // From now on it needs no registry either.
        b.Environment["DevcontainerRegistryMirrors"] = null;
        Assert.Contains("(local: unchanged)", CommandTests.Result((await b.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerOffline=true")).Succeeded()));

        b.Environment["DevcontainerRegistryMirrors"] = a.Environment["DevcontainerRegistryMirrors"];
        b.Write(".devcontainer/tools/one.txt", "eins\n");
        CommandResult changed = await b.BuildAsync("build", "-t:Prebuild");
        BuildMessage error = changed.Failed("DEVC4001");
        Assert.Contains("docker", error.Text);
        Assert.HasCount(1, changed.Lines("The image is out of date: .devcontainer/tools/one.txt: changed (sha256 "), changed.Report);
        b.Write(".devcontainer/tools/one.txt", "one\n");
        Assert.Contains("(local: unchanged)", CommandTests.Result((await b.BuildAsync("build", "-t:Prebuild")).Succeeded()));
    }

    [TestMethod]
    public async Task One_platform_is_found_while_another_is_built()
    {
        Workspace a = NewShared("linux/amd64");
        (await PublishAsync(a)).Succeeded();
        Workspace b = Copy(a, Platforms);
        CommandResult items = (await Quickstart.PrebuildAsync(b)).Succeeded();
        Assert.AreEqual("built", items.Items("DevcontainerImage").Single()["Source"]);
        CollectionAssert.AreEqual(
            new[] { ("linux/amd64", "registry"), ("linux/arm64", "built") },
            items.Items("DevcontainerDigest").Select(static digest => (digest["Platform"], digest["Source"])).ToArray());
        Assert.HasCount(2, items.Items("DevcontainerSbom"));

        // Pushing it sends what the registry lacks; the layers of the other platform stay where they are.
        CommandResult pushed = (await PublishAsync(b)).Succeeded();
        Assert.AreEqual(items.Items("DevcontainerImage").Single()["Digest"], await TestEngine.RunAsync("crane", "digest", NameOf(b) + ":latest"), pushed.Report);
        await TestEngine.ValidateAsync(NameOf(b) + ":latest");
    }

    [TestMethod]
    public async Task A_changed_declared_input_is_no_build_also_where_the_image_is_only_in_the_registry()
    {
        Workspace a = NewShared("linux/amd64");
        a.Write("Directory.Packages.props", "<Project />");
        (await PublishAsync(a)).Succeeded();
        Workspace b = Copy(a, "linux/amd64");
        b.Write("Directory.Packages.props", "<Project><ItemGroup><PackageVersion Include=\"A\" Version=\"1.0.0\" /></ItemGroup></Project>");
        b.Environment["PATH"] = WithoutDocker(b);
        IReadOnlyDictionary<string, string> image = await ImageAsync(b);
        Assert.AreEqual("registry", image["Source"]);
        Assert.AreEqual((await ImageAsync(a))["Digest"], image["Digest"]);
        Assert.AreNotEqual((await ImageAsync(a))["Key"], image["Key"]);

        // Its new key is pushed without a layer, and found by the next one.
        Assert.HasCount(1, (await PublishAsync(b)).Succeeded().Lines("0 of "));
        Workspace c = Copy(b, "linux/amd64");
        c.Environment["PATH"] = WithoutDocker(c);
        Assert.Contains("(registry: found by its key)", CommandTests.Result((await c.BuildAsync("build", "-t:Prebuild")).Succeeded()));
    }

    [TestMethod]
    public async Task An_image_of_the_registry_is_fetched_when_its_layers_are_needed()
    {
        Workspace a = NewShared("linux/amd64");
        (await PublishAsync(a)).Succeeded();
        Workspace b = Copy(a, "linux/amd64");
        CommandResult loaded = (await b.BuildAsync("build", "-t:LoadDevcontainer")).Succeeded();
        Assert.HasCount(1, loaded.Lines("Fetching the layers of "), loaded.Report);
        Assert.HasCount(1, loaded.Lines("Loaded "), loaded.Report);
        await TestEngine.RunAsync("docker", "rmi", NameOf(b) + ":latest");
        Assert.AreEqual(b["bin/devcontainer/image"], (await ImageAsync(b))["Layout"]);

        // A layout that is published is whole, too.
        Workspace c = Copy(a, "linux/amd64");
        (await c.BuildAsync("publish")).Succeeded();
        await TestEngine.RunAsync("crane", "push", c["bin/devcontainer/image"], NameOf(c) + ":copy");
    }

    /// <summary>An index is no image where a manifest that it names is gone.</summary>
    [TestMethod]
    public async Task An_index_without_its_manifests_is_a_miss()
    {
        Workspace a = NewShared(Platforms);
        CommandResult published = (await PublishAsync(a)).Succeeded();
        await DeleteAsync(a, "manifests/" + (await Quickstart.PrebuildAsync(a)).Items("DevcontainerDigest")[1]["Identity"]);
        Workspace b = Copy(a, Platforms);
        CommandResult items = (await Quickstart.PrebuildAsync(b)).Succeeded();
        CollectionAssert.AreEqual(
            new[] { "registry", "built" }, items.Items("DevcontainerDigest").Select(static item => item["Source"]).ToArray(), published.Report);

        // Publishing mends it.
        (await PublishAsync(b)).Succeeded();
        await TestEngine.ValidateAsync(NameOf(b) + ":latest");
    }

    [TestMethod]
    public async Task Layers_that_are_gone_when_they_are_needed_are_an_error_until_the_image_is_built_anew()
    {
        Workspace a = NewShared("linux/amd64");
        (await PublishAsync(a)).Succeeded();
        string manifest = await TestEngine.RunAsync("crane", "manifest", (await Quickstart.PrebuildAsync(a)).Items("DevcontainerDigest").Single()["Reference"]);
        using JsonDocument document = JsonDocument.Parse(manifest);
        await DeleteAsync(a, "blobs/" + document.RootElement.GetProperty("layers")[0].GetProperty("digest").GetString());
        Workspace b = Copy(a, "linux/amd64");
        Assert.Contains(NameOf(b), (await b.BuildAsync("publish")).Failed("DEVC5043").Text);
        (await PublishAsync(b, "-p:DevcontainerForce=true")).Succeeded();
        await TestEngine.ValidateAsync(NameOf(b) + ":latest");
        (await Copy(b, "linux/amd64").BuildAsync("publish")).Succeeded();
    }

    [TestMethod]
    [DataRow(401)]
    [DataRow(403)]
    [DataRow(404)]
    [DataRow(500)]
    [DataRow(0)]
    public async Task A_registry_that_does_not_answer_is_neither_a_hit_nor_a_miss(int status)
    {
        using var registry = new BrokenRegistry(status);
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["DevcontainerRegistry"] = registry.Name;
        CommandResult built = await workspace.BuildAsync("build", "-t:Prebuild");
        if (status == 404)
        {
            built.Succeeded();
            return;
        }

        Assert.Contains(registry.Name, built.SucceededWithWarning("DEVC5040").Text);
        Assert.Contains("(local: unchanged)", CommandTests.Result((await workspace.BuildAsync("build", "-t:Prebuild")).Succeeded()));
        string receipt = await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]);
        CommandResult pushed = await workspace.BuildAsync("publish", "-p:PushDevcontainer=true");
        pushed.Failed(status switch { 401 or 403 => "DEVC5022", 500 => "DEVC5021", _ => "DEVC5020" });
        Assert.AreEqual(receipt, await File.ReadAllTextAsync(workspace["bin/devcontainer/receipt.json"]));
    }

    [TestMethod]
    public async Task Without_a_registry_nothing_is_pushed()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        Assert.Contains("DevcontainerRegistry", (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true")).Failed("DEVC5041").Text);
        workspace = NewShared("linux/amd64");
        (await workspace.BuildAsync("build")).Succeeded();
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-p:DevcontainerOffline=true")).Failed("DEVC9001");
        (await workspace.BuildAsync("publish", "-p:PushDevcontainer=true", "-p:DevcontainerDryRun=true")).Succeeded();
        CommandResult missing = await Command.RunAsync("crane", ["digest", NameOf(workspace) + ":latest"], workspace.Folder);
        Assert.AreNotEqual(0, missing.ExitCode);
    }

    /// <summary>What a key names stays, also where it was built anew; the image's own tags move.</summary>
    [TestMethod]
    public async Task A_key_never_names_another_image()
    {
        Workspace a = NewShared("linux/amd64");
        a.Write(".devcontainer/Dockerfile", "FROM debian:bookworm\nRUN date +%s%N >/built\n");
        (await PublishAsync(a)).Succeeded();
        IReadOnlyDictionary<string, string> first = await ImageAsync(a);
        Workspace b = Copy(a, "linux/amd64");
        CommandResult forced = await PublishAsync(b, "-p:DevcontainerForce=true");
        Assert.Contains("prebuild-" + first["Key"], forced.SucceededWithWarning("DEVC5042").Text);
        Assert.AreEqual(first["Digest"], await TestEngine.RunAsync("crane", "digest", $"{NameOf(a)}:prebuild-{first["Key"]}"));
        Assert.AreNotEqual(first["Digest"], await TestEngine.RunAsync("crane", "digest", NameOf(a) + ":latest"));
    }

    [TestMethod]
    public async Task The_receipt_and_the_SBOMs_refer_to_the_image()
    {
        Workspace workspace = NewShared("linux/amd64");
        (await PublishAsync(workspace)).Succeeded();
        IReadOnlyDictionary<string, string> image = await ImageAsync(workspace);
        string receipts = await TestEngine.RunAsync(
            "oras", "discover", "--plain-http", "--format", "go-template={{range .referrers}}{{.artifactType}} {{.reference}}{{\"\\n\"}}{{end}}", image["Identity"]);
        Assert.StartsWith("application/vnd.devcontainer-sdk.receipt.v1+json ", receipts, receipts);
        string folder = workspace["pulled"];
        await TestEngine.RunAsync("oras", "pull", "--plain-http", "--output", folder, receipts.Split(' ')[1].Trim());
        foreach (string file in new[] { "receipt.json", "sbom/linux-amd64.spdx.json" })
        {
            CollectionAssert.AreEqual(
                await File.ReadAllBytesAsync(workspace["bin/devcontainer/" + file]), await File.ReadAllBytesAsync(Path.Combine(folder, file)), file);
        }

        string manifest = (await Quickstart.PrebuildAsync(workspace)).Items("DevcontainerDigest").Single()["Reference"];
        Assert.Contains("application/spdx+json", await TestEngine.RunAsync("oras", "discover", "--plain-http", "--format", "json", manifest));
    }

    private Workspace NewShared(string platforms)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        Name(workspace, $"devcontainer-sdk-test/{Guid.NewGuid():N}", platforms);
        return workspace;
    }

    private Workspace Copy(Workspace original, string platforms) => Copy(original, NewWorkspace("elsewhere"), platforms);

    // Another machine's clone: the same files at another path, without an output folder.
    internal static Workspace Copy(Workspace original, Workspace copy, string platforms)
    {
        foreach (string file in Directory.EnumerateFiles(original.Folder, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(original.Folder, file);
            if (!relative.StartsWith("bin", StringComparison.Ordinal))
            {
                copy.Write(relative, File.ReadAllText(file));
            }
        }

        Name(copy, original.Environment["DevcontainerRepository"]!, platforms);
        return copy;
    }

    // A file of its own, that is in no key; environment variables are properties.
    internal static void Name(Workspace workspace, string repository, string platforms)
    {
        workspace.Environment["DevcontainerRegistry"] = TestEngine.Registry;
        workspace.Environment["DevcontainerRepository"] = repository;
        workspace.Environment["DevcontainerPlatforms"] = platforms;
    }

    internal static string NameOf(Workspace workspace) => $"{workspace.Environment["DevcontainerRegistry"]}/{workspace.Environment["DevcontainerRepository"]}";

    private static Task<CommandResult> PublishAsync(Workspace workspace, params string[] arguments) =>
        workspace.BuildAsync("publish", ["-p:PushDevcontainer=true", .. arguments]);

    private static async Task DeleteAsync(Workspace workspace, string content)
    {
        using var http = new HttpClient();
        string[] name = NameOf(workspace).Split('/', 2);
        (await http.DeleteAsync(new Uri($"http://{name[0]}/v2/{name[1]}/{content}"))).EnsureSuccessStatusCode();
    }

    private static async Task<IReadOnlyDictionary<string, string>> ImageAsync(Workspace workspace) =>
        (await workspace.BuildAsync("build", "-t:Prebuild", "-getItem:DevcontainerImage")).Succeeded().Items("DevcontainerImage").Single();

    // What an item says, without the source, and without what MSBuild adds of where its project is.
    private static string Comparable(CommandResult result, string item) => string.Join(
        '\n',
        result.Items(item).Select(static one => string.Join(
            ' ',
            one.Where(static m => m.Key is "Digest" or "Tags" or "Platforms" or "Key" or "Platform" or "Reference" or "Size" or "Subject" or "PackageCount" or "Tier" or "Order")
                .OrderBy(static m => m.Key, StringComparer.Ordinal)
                .Select(static m => $"{m.Key}={m.Value}"))));

    private static async Task ShellAsync(Workspace workspace, string script)
    {
        CommandResult result = await Command.RunAsync("sh", ["-c", script], workspace.Folder);
        Assert.AreEqual(0, result.ExitCode, result.Report);
    }

    // PATH as it is, but that no docker is on it.
    internal static string WithoutDocker(Workspace workspace) => string.Join(
        Path.PathSeparator,
        System.Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Where(static folder => !File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "docker.exe" : "docker")))
            .DefaultIfEmpty(workspace[".."]));

    /// <summary>A server that answers everything with one status; with 0 nobody listens.</summary>
    private sealed class BrokenRegistry : IDisposable
    {
        private readonly HttpListener? _listener;

        internal BrokenRegistry(int status)
        {
            using (var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                socket.Start();
                Name = string.Create(CultureInfo.InvariantCulture, $"localhost:{((IPEndPoint)socket.LocalEndpoint).Port}");
            }

            if (status == 0)
            {
                return;
            }

            _listener = new HttpListener { Prefixes = { $"http://{Name}/" } };
            _listener.Start();
            _ = AnswerAsync(_listener, status);
        }

        internal string Name { get; }

        public void Dispose() => _listener?.Close();

        private static async Task AnswerAsync(HttpListener listener, int status)
        {
            while (listener.IsListening)
            {
                try
                {
                    HttpListenerContext context = await listener.GetContextAsync();
                    context.Response.StatusCode = status;
                    context.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }
            }
        }
    }
}

using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Oci.Tests;
using Devcontainer.Prebuild.Comparison;
using Devcontainer.Prebuild.Tests.Sharing;

namespace Devcontainer.Prebuild.Tests.Comparison;

/// <summary>Published images compared, in a real registry.</summary>
[TestClass]
public sealed class ImageCompareTests
{
    [TestMethod]
    public async Task An_image_is_compared_with_the_one_published_before()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync();
        using var workspace = new PublishedWorkspace();
        Platform[] platforms = [SampleWorkspace.Amd64, SampleWorkspace.Arm64];
        await Errors.ExpectAsync(Codes.NothingToLoad, () => CompareAsync(workspace, registry));
        WriteImage(workspace, "curl=1.0", "zlib1g=1.2");
        PrebuildResult first = await workspace.BuildAsync(registry, platforms);
        await Errors.ExpectAsync(Codes.NothingToCompare, () => CompareAsync(workspace, registry));
        await workspace.PushAsync();
        Assert.IsEmpty(await CompareAsync(workspace, registry));
        Assert.Contains("nothing was published before it", workspace.Reporter.Text);
        Assert.IsFalse(File.Exists(Path.Combine(workspace.Output, "changes.json")));

        // Packages, a Feature, and a layer that is large.
        WriteImage(workspace, "curl=1.1", "jq=1.6");
        workspace.Write("repo/.devcontainer/devcontainer.json", """{ "build": { "dockerfile": "Dockerfile" }, "features": { "./hello": {} } }""");
        workspace.Write("repo/.devcontainer/hello/devcontainer-feature.json", """{ "id": "hello", "version": "1.2.0" }""");
        workspace.Write("repo/.devcontainer/hello/install.sh", "#!/bin/sh\n");
        workspace.Write("repo/.devcontainer/large", new string('x', 11_000_000));
        PrebuildResult second = await workspace.BuildAsync(registry, platforms);
        string[] expected =
        [
            "changed deb curl 1.0>1.1", "added deb jq >1.6", "removed deb zlib1g 1.2>", "added  ./hello >1.2.0",
        ];

        // Built and not published yet: then it is what was published last; and the same once it is published.
        CollectionAssert.AreEqual(expected, Texts(await CompareAsync(workspace, registry)));
        await workspace.PushAsync();
        CollectionAssert.AreEqual(expected, Texts(await CompareAsync(workspace, registry)));
        Assert.Contains("  ~ deb curl 1.0 -> 1.1", workspace.Reporter.Text.Split('\n'));
        Assert.Contains("new layer of 11.", workspace.Reporter.Text);
        using JsonDocument changes = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(workspace.Output, "changes.json")));
        Assert.AreEqual(first.Receipt.Image.Reference, changes.RootElement.GetProperty("from").GetProperty("reference").GetString());
        Assert.AreEqual(second.Receipt.Image.Reference, changes.RootElement.GetProperty("to").GetProperty("reference").GetString());
        Assert.AreEqual(3, changes.RootElement.GetProperty("packages").GetArrayLength());
        Assert.AreEqual(2, changes.RootElement.GetProperty("layers").EnumerateArray().Single().GetProperty("platforms").GetArrayLength());
        Assert.Contains("#### Packages", await File.ReadAllTextAsync(Path.Combine(workspace.Output, "changes.md")));

        // Two that are named, the other way round, by someone who has neither.
        Directory.Delete(workspace.Output, recursive: true);
        Directory.CreateDirectory(workspace.Output);
        CollectionAssert.AreEqual(
            new[] { "changed deb curl 1.1>1.0", "removed deb jq 1.6>", "added deb zlib1g >1.2", "removed  ./hello 1.2.0>" },
            Texts(await CompareAsync(workspace, registry, "latest", first.Receipt.Image.Reference)));
        await Errors.ExpectAsync(Codes.CompareImageUnknown, () => CompareAsync(workspace, registry, "missing", "latest"));
        Diagnostic noReceipt = await Errors.ExpectAsync(Codes.CompareImageUnknown, () => CompareAsync(workspace, registry, second.Receipt.Platforms[0].Digest, "latest"));
        Assert.Contains("it has no receipt", noReceipt.Message);
    }

    /// <summary>Makes the image have packages of Debian, and files of its own.</summary>
    private static void WriteImage(PublishedWorkspace workspace, params string[] packages)
    {
        workspace.Write("repo/.devcontainer/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n");
        workspace.Write(
            "repo/.devcontainer/var/lib/dpkg/status",
            string.Concat(packages.Select(static package => package.Split('=')).Select(static p =>
                $"Package: {p[0]}\nStatus: install ok installed\nMaintainer: A <a@example.com>\nArchitecture: all\nVersion: {p[1]}\nDescription: one\n\n")));
    }

    private static string[] Texts(IReadOnlyList<ImageChange> changes) => [.. changes.Select(static change => $"{change.Change} {change.Type} {change.Name} {change.From}>{change.To}")];

    private static Task<IReadOnlyList<ImageChange>> CompareAsync(PublishedWorkspace workspace, RegistryServer registry, string? from = null, string? to = null) =>
        new ImageCompare(workspace.Reporter).RunAsync(
            workspace.Output, registry.Host, PublishedWorkspace.Repository, from, to, workspace.Registries, CancellationToken.None);
}

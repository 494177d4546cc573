using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

[TestClass]
public sealed class LayersTests
{
    [TestMethod]
    public async Task The_packages_of_a_status_file_are_found()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1", "apt 2.6.1"));
        CollectionAssert.AreEqual(new[] { "apt 2.6.1", "bash 5.2-1" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_layer_may_be_compressed_or_not(bool gzip)
    {
        using var image = new TestImage(new TestLayer { Gzip = gzip }.Status("bash 5.2-1"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task An_image_without_any_package_list_has_no_packages()
    {
        using var image = new TestImage(new TestLayer().File("bin/sh", "x"));
        Assert.IsEmpty(await image.DebianPackagesAsync());
        using var nothing = new TestImage();
        Assert.AreEqual(0, (await nothing.GenerateAsync()).PackageCount);
    }

    [TestMethod]
    public async Task An_upper_layer_replaces_the_status_file()
    {
        using var image = new TestImage(
            new TestLayer().Status("bash 5.2-1", "curl 7.88"), new TestLayer().Directory("var/lib/dpkg").Status("bash 5.2-2"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-2" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_layer_used_twice_counts_where_it_lies()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"), new TestLayer().Status("bash 5.2-2"));
        Descriptor manifest = image.AddManifest([image.Layers[0], image.Layers[1], image.Layers[0]]);
        Sbom sbom = await SbomGenerator.GenerateAsync(image.Layout, manifest, TestImage.Request);
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, SbomReader.DebianPackages(sbom.Json));
    }

    [TestMethod]
    [DataRow("var/lib/dpkg/status")]
    [DataRow("var/lib/dpkg")]
    [DataRow("var")]
    public async Task A_whiteout_of_the_file_or_of_a_directory_above_removes_it(string path)
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"), new TestLayer().Without(path));
        Assert.IsEmpty(await image.DebianPackagesAsync());
    }

    [TestMethod]
    [DataRow("var/lib/dpkg/status-old")]
    [DataRow("var/lib/dpkg/stat")]
    [DataRow("lib/dpkg")]
    [DataRow("var/lib/dpk")]
    public async Task A_whiteout_of_something_else_leaves_it(string path)
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"), new TestLayer().Without(path));
        Assert.HasCount(1, await image.DebianPackagesAsync());
    }

    [TestMethod]
    [DataRow("var/lib/dpkg")]
    [DataRow("var")]
    [DataRow("")]
    public async Task An_opaque_directory_hides_what_is_below_it_and_keeps_its_own(string directory)
    {
        using var hidden = new TestImage(new TestLayer().Status("bash 5.2-1"), new TestLayer().Opaque(directory));
        Assert.IsEmpty(await hidden.DebianPackagesAsync());

        // The order within the layer does not count.
        using var own = new TestImage(
            new TestLayer().File("var/lib/dpkg/status.d/curl", Dpkg.Status("curl 7.88")), new TestLayer().Status("bash 5.2-2").Opaque(directory));
        CollectionAssert.AreEqual(new[] { "bash 5.2-2" }, await own.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_whiteout_does_not_touch_its_own_layer()
    {
        using var image = new TestImage(
            new TestLayer().Status("bash 5.2-1"), new TestLayer().Status("bash 5.2-2").Without("var/lib/dpkg/status").Without("var/lib"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-2" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task Something_else_in_the_place_of_the_file_or_of_a_directory_above_hides_it()
    {
        TestLayer[] uppers =
        [
            new TestLayer().File("var/lib", "a file now"),
            new TestLayer().SymbolicLink("var/lib", "/nowhere"),
            new TestLayer().Directory("var/lib/dpkg/status"),
            new TestLayer().Fifo("var/lib/dpkg/status"),
        ];
        foreach (TestLayer upper in uppers)
        {
            using var image = new TestImage(new TestLayer().Status("bash 5.2-1"), upper);
            Assert.IsEmpty(await image.DebianPackagesAsync());
        }
    }

    [TestMethod]
    public async Task A_directory_mentioned_again_hides_nothing()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"), new TestLayer().Directory("var").Directory("var/lib/dpkg"));
        Assert.HasCount(1, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_path_twice_in_a_layer_is_the_later_one()
    {
        using var file = new TestImage(new TestLayer().Status("bash 5.2-1").Status("bash 5.2-2"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-2" }, await file.DebianPackagesAsync());
        using var directory = new TestImage(new TestLayer().Status("bash 5.2-1").Directory("var/lib/dpkg/status"));
        Assert.IsEmpty(await directory.DebianPackagesAsync());
    }

    [TestMethod]
    [DataRow("var/lib/dpkg/status", "../../../opt/list", DisplayName = "relative")]
    [DataRow("var/lib/dpkg/status", "/opt/list", DisplayName = "absolute")]
    [DataRow("var/lib/dpkg/status", "../../../../../../opt/list", DisplayName = "above the root")]
    public async Task A_status_file_behind_a_link_is_read_there(string path, string target)
    {
        using var image = new TestImage(
            new TestLayer().File("opt/list", Dpkg.Status("bash 5.2-1")), new TestLayer().SymbolicLink(path, target), new TestLayer().File("opt/x", "x"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await image.DebianPackagesAsync());

        using var replaced = new TestImage(
            new TestLayer().File("opt/list", Dpkg.Status("bash 5.2-1")),
            new TestLayer().SymbolicLink(path, target),
            new TestLayer().File("opt/list", Dpkg.Status("bash 5.2-2")));
        CollectionAssert.AreEqual(new[] { "bash 5.2-2" }, await replaced.DebianPackagesAsync());

        using var gone = new TestImage(
            new TestLayer().File("opt/list", Dpkg.Status("bash 5.2-1")), new TestLayer().SymbolicLink(path, target), new TestLayer().Without("opt"));
        Assert.IsEmpty(await gone.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_chain_of_links_is_followed()
    {
        using var image = new TestImage(new TestLayer()
            .File("opt/c/list", Dpkg.Status("bash 5.2-1"))
            .SymbolicLink("var/lib/dpkg", "/opt/a")
            .SymbolicLink("opt/a/status", "../b")
            .SymbolicLink("opt/b", "c/list"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_loop_of_links_leads_nowhere()
    {
        using var image = new TestImage(
            new TestLayer().SymbolicLink("var/lib/dpkg/status", "status").SymbolicLink("etc/os-release", "../usr/lib/os-release")
                .SymbolicLink("usr/lib/os-release", "/etc/os-release"));
        Assert.AreEqual(0, (await image.GenerateAsync()).PackageCount);
    }

    [TestMethod]
    public async Task Hard_links_to_one_file_are_the_file()
    {
        using var image = new TestImage(new TestLayer()
            .File("opt/list", Dpkg.Status("bash 5.2-1")).HardLink("opt/second", "opt/list").HardLink("var/lib/dpkg/status", "opt/second"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_hard_link_keeps_the_file_that_an_upper_layer_replaces_or_removes()
    {
        TestLayer[] uppers = [new TestLayer().File("opt/list", Dpkg.Status("curl 7.88")), new TestLayer().Without("opt/list")];
        foreach (TestLayer upper in uppers)
        {
            using var image = new TestImage(
                new TestLayer().File("opt/list", Dpkg.Status("bash 5.2-1")).HardLink("var/lib/dpkg/status", "opt/list"), upper);
            CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await image.DebianPackagesAsync());
        }
    }

    [TestMethod]
    [DataRow("opt/list")]
    [DataRow("var/lib/dpkg/status.d/bash")]
    public async Task A_hard_link_to_a_file_of_a_lower_layer_is_that_file(string path)
    {
        using var image = new TestImage(
            new TestLayer().File(path, Dpkg.Status("bash 5.2-1")), new TestLayer().HardLink("var/lib/dpkg/status", path).Without(path));
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    [DataRow("not a control file")]
    [DataRow(" continues nothing")]
    [DataRow("Package: bash\nPackage: bash\n")]
    [DataRow("Status: install ok installed\nVersion: 1\n")]
    [DataRow("Package: bash\nStatus: install ok installed\n")]
    [DataRow("Package: bash\nStatus: install ok installed\nVersion: 1\n\0\0\0\0")]
    [DataRow("Päckage: bash\n")]
    public async Task A_damaged_status_file_is_an_error(string status)
    {
        using var image = new TestImage(new TestLayer().File("var/lib/dpkg/status", status));
        DevcontainerException error = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => image.GenerateAsync());
        Assert.AreEqual(Codes.PackageListUnreadable, error.Diagnostic.Code);
        Assert.Contains("/var/lib/dpkg/status", error.Message);
    }

    [TestMethod]
    public async Task A_damaged_status_file_that_is_replaced_or_removed_does_no_harm()
    {
        using var replaced = new TestImage(new TestLayer().File("var/lib/dpkg/status", "garbage"), new TestLayer().Status("bash 5.2-1"));
        CollectionAssert.AreEqual(new[] { "bash 5.2-1" }, await replaced.DebianPackagesAsync());
        using var removed = new TestImage(new TestLayer().File("var/lib/dpkg/status", "garbage"), new TestLayer().Without("var/lib/dpkg"));
        Assert.IsEmpty(await removed.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_status_file_too_large_to_be_one_is_an_error()
    {
        using var image = new TestImage(new TestLayer().File("var/lib/dpkg/status", new byte[LayerFacts.LargestFile + 1]));
        DevcontainerException error = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => image.GenerateAsync());
        Assert.AreEqual(Codes.PackageListUnreadable, error.Diagnostic.Code);
    }

    [TestMethod]
    public async Task A_layer_cut_short_is_an_error_and_not_a_shorter_list()
    {
        byte[] tar = new TestLayer { Gzip = false }.File("usr/x", new string('x', 5000)).Status("bash 5.2-1").ToBytes();
        foreach (int length in (int[])[tar.Length - 1024, tar.Length / 2, 700, 10])
        {
            using var image = new TestImage();
            Descriptor layer = image.Layout.AddBlob(tar.AsSpan(0, length), MediaTypes.Layer);
            Descriptor manifest = image.AddManifest([layer]);
            DevcontainerException error = await Assert.ThrowsExactlyAsync<DevcontainerException>(
                () => SbomGenerator.GenerateAsync(image.Layout, manifest, TestImage.Request));
            Assert.AreEqual(Codes.LayerInvalid, error.Diagnostic.Code);
        }
    }

    [TestMethod]
    public async Task A_layer_that_is_gone_or_changed_is_an_error()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"));
        string path = image.Layout.BlobPath(image.Layers[0].Digest);
        byte[] other = new TestLayer().Status("bash 5.2-2").ToBytes();
        File.WriteAllBytes(path, other);
        DevcontainerException changed = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => image.GenerateAsync());
        Assert.AreEqual(Codes.BlobCorrupt, changed.Diagnostic.Code);
        File.Delete(path);
        DevcontainerException gone = await Assert.ThrowsExactlyAsync<DevcontainerException>(() => image.GenerateAsync());
        Assert.AreEqual(Codes.BlobMissing, gone.Diagnostic.Code);
    }

    [TestMethod]
    public async Task It_can_be_cancelled()
    {
        using var image = new TestImage(new TestLayer().Status("bash 5.2-1"));
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => SbomGenerator.GenerateAsync(image.Layout, image.Manifest, TestImage.Request, new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public async Task A_large_layer_does_not_stay_in_memory()
    {
        const int Files = 16;
        byte[] content = new byte[2 * 1024 * 1024];
        var layer = new TestLayer();
        for (int i = 0; i < Files; i++)
        {
            layer.File($"opt/large{i}", content);
        }

        using var image = new TestImage(layer.Status("bash 5.2-1"));
        await image.GenerateAsync();
        long before = GC.GetAllocatedBytesForCurrentThread();
        IReadOnlyList<Descriptor> layers = image.Layers;
        using (LayerReader reader = LayerReader.Open(image.Layout.OpenBlob(layers[0]), "test"))
        {
            LayerFacts facts = LayerFacts.Read(reader, 0, static _ => null, withPrograms: false, CancellationToken.None);
            Assert.IsEmpty(facts.Facts);
        }

        Assert.IsLessThan(1024 * 1024, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}

using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Tests.Sboms;

[TestClass]
public sealed class AlpineTests
{
    private const string OsRelease = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.1\n";

    private const string Installed = """
        C:Q1abc=
        P:busybox-binsh
        V:1.36.1-r29
        A:x86_64
        S:1543
        T:busybox ash /bin/sh
        U:https://busybox.net/
        L:GPL-2.0-only
        o:busybox
        m:Sören Tempel <soeren@example.org>
        D:busybox=1.36.1-r29
        p:/bin/sh cmd:sh=1.36.1-r29
        r:
        F:bin
        M:0:0:755
        R:sh
        a:0:0:777
        Z:Q1abc=

        P:libgcc
        V:13.2.1_git20240309-r0
        A:x86_64
        L:GPL-2.0-or-later AND LGPL-2.1-or-later WITH GCC-exception-3.1
        o:gcc
        F:usr/lib
        R:V:2.0

        P:musl
        V:1.2.5-r0

        """;

    private static readonly string[] Purls =
    [
        "pkg:apk/alpine/busybox-binsh@1.36.1-r29?arch=x86_64&distro=alpine-3.20.1&upstream=busybox",
        "pkg:apk/alpine/libgcc@13.2.1_git20240309-r0?arch=x86_64&distro=alpine-3.20.1&upstream=gcc",
        "pkg:apk/alpine/musl@1.2.5-r0?distro=alpine-3.20.1",
    ];

    [TestMethod]
    public async Task Packages_are_those_of_apk_s_database()
    {
        using var image = new TestImage(new TestLayer().File("etc/os-release", OsRelease).File("lib/apk/db/installed", Installed));
        byte[] json = (await image.GenerateAsync()).Json;
        SpdxRules.Check(json);
        CollectionAssert.AreEqual(Purls, SbomReader.Purls(json));
        JsonElement package = SbomReader.Package(json, "busybox-binsh");
        Assert.AreEqual("1.36.1-r29", Text(package, "versionInfo"));
        Assert.AreEqual("Person: Sören Tempel (soeren@example.org)", Text(package, "supplier"));
        Assert.AreEqual("GPL-2.0-only", Text(package, "licenseDeclared"));
        Assert.AreEqual("https://busybox.net/", Text(package, "homepage"));
        Assert.AreEqual("built package from: busybox 1.36.1-r29", Text(package, "sourceInfo"));
        Assert.AreEqual("GPL-2.0-or-later AND LGPL-2.1-or-later WITH GCC-exception-3.1", Text(SbomReader.Package(json, "libgcc"), "licenseDeclared"));
        Assert.AreEqual("NOASSERTION", Text(SbomReader.Package(json, "musl"), "licenseDeclared"));
    }

    [TestMethod]
    public async Task The_database_is_found_where_lib_is_a_link()
    {
        using var image = new TestImage(
            new TestLayer().File("etc/os-release", OsRelease).File("usr/lib/apk/db/installed", Installed).SymbolicLink("lib", "usr/lib"));
        CollectionAssert.AreEqual(Purls, SbomReader.Purls((await image.GenerateAsync()).Json));
    }

    [TestMethod]
    public async Task A_package_that_an_upper_layer_uninstalls_is_not_there()
    {
        using var image = new TestImage(
            new TestLayer().File("etc/os-release", OsRelease).File("lib/apk/db/installed", Installed),
            new TestLayer().File("lib/apk/db/installed", "P:musl\nV:1.2.5-r0\n\n"));
        CollectionAssert.AreEqual(Purls[2..], SbomReader.Purls((await image.GenerateAsync()).Json));
    }

    [TestMethod]
    [DataRow("P:a\nV:1\nno field\n\n", "line 3 is not a field")]
    [DataRow("P:a\nV:1\n\nP:b\n\n", "the package that ends in line 5 has no name or no version")]
    [DataRow("V:1\n\n", "the package that ends in line 2 has no name or no version")]
    [DataRow("\0\0\0\0", "line 1 is not a field")]
    public async Task A_damaged_database_is_an_error(string content, string reason)
    {
        using var image = new TestImage(new TestLayer().File("lib/apk/db/installed", content));
        Diagnostic error = await Errors.ExpectAsync(Codes.PackageListUnreadable, () => image.GenerateAsync());
        Assert.Contains(reason, error.Message);
        Assert.Contains("/lib/apk/db/installed", error.Message);
    }

    private static string? Text(JsonElement package, string name) => package.GetProperty(name).GetString();
}

using System.Text;
using System.Text.Json;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sboms.Debian;

namespace Devcontainer.Prebuild.Tests.Sboms;

[TestClass]
public sealed class DebianTests
{
    [TestMethod]
    [DataRow("install ok installed", true)]
    [DataRow("hold ok installed", true)]
    [DataRow("deinstall ok installed", true)]
    [DataRow("install reinstreq installed", true)]
    [DataRow("install ok unpacked", true)]
    [DataRow("install ok half-configured", true)]
    [DataRow("install ok triggers-awaited", true)]
    [DataRow("install ok triggers-pending", true)]
    [DataRow("install ok half-installed", false)]
    [DataRow("deinstall ok config-files", false)]
    [DataRow("purge ok not-installed", false)]
    [DataRow("installed", false)]
    public async Task Only_packages_whose_files_are_there_count(string status, bool there)
    {
        using var image = new TestImage(new TestLayer().File("var/lib/dpkg/status", Dpkg.Paragraph("bash 5.2-1", status)));
        Assert.HasCount(there ? 1 : 0, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_removed_package_needs_no_version()
    {
        using var image = new TestImage(new TestLayer().File("var/lib/dpkg/status", "Package: gone\nStatus: purge ok not-installed\n"));
        Assert.IsEmpty(await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task Distroless_images_have_a_file_for_each_package_and_no_states()
    {
        using var image = new TestImage(
            new TestLayer()
                .File("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64")
                .File("var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/x\n"),
            new TestLayer()
                .File("var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2025b\nArchitecture: all\n")
                .File("var/lib/dpkg/status.d/deeper/x", "garbage"));
        CollectionAssert.AreEqual(new[] { "base-files 12.4", "tzdata 2025b" }, await image.DebianPackagesAsync());
    }

    [TestMethod]
    public async Task A_package_listed_twice_is_one()
    {
        using var image = new TestImage(
            new TestLayer().Status("bash 5.2-1").File("var/lib/dpkg/status.d/bash", Dpkg.Status("bash 5.2-1")));
        Sbom sbom = await image.GenerateAsync();
        Assert.AreEqual(1, sbom.PackageCount);
        Assert.HasCount(1, SbomReader.DebianPackages(sbom.Json));
    }

    [TestMethod]
    public async Task One_package_in_two_architectures_is_two()
    {
        string other = Dpkg.Paragraph("libc6 2.36-9").Replace("amd64", "i386", StringComparison.Ordinal);
        using var image = new TestImage(new TestLayer().File("var/lib/dpkg/status", Dpkg.Status("libc6 2.36-9") + other));
        Assert.AreEqual(2, (await image.GenerateAsync()).PackageCount);
    }

    [TestMethod]
    [DataRow("bash 5.2-1", "", "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12", "bash 5.2-1")]
    [DataRow("libc6 2.36-9+deb12u10", "Source: glibc\n", "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12&upstream=glibc", "glibc 2.36-9+deb12u10")]
    [DataRow(
        "libgcc-s1 12.2.0-14+b1", "Source: gcc-12 (12.2.0-14)\n",
        "pkg:deb/debian/libgcc-s1@12.2.0-14%2Bb1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14", "gcc-12 12.2.0-14")]
    [DataRow("zlib1g 1:1.2.13~a", "", "pkg:deb/debian/zlib1g@1:1.2.13~a?arch=amd64&distro=debian-12", "zlib1g 1:1.2.13~a")]
    public async Task Package_and_source_are_in_the_package_url(string package, string more, string purl, string source)
    {
        using var image = new TestImage(
            new TestLayer().File("etc/os-release", Dpkg.OsRelease).File("var/lib/dpkg/status", Dpkg.Paragraph(package, more: more)));
        JsonElement found = SbomReader.Package((await image.GenerateAsync()).Json, package.Split(' ')[0]);
        Assert.AreEqual(purl, SbomReader.Purl(found));
        Assert.AreEqual($"built package from: {source}", found.GetProperty("sourceInfo").GetString());
    }

    [TestMethod]
    [DataRow("ID=ubuntu\nVERSION_ID=\"24.04\"\n", "ubuntu/bash@5.2-1?arch=amd64&distro=ubuntu-24.04")]
    [DataRow("ID='linuxmint'\nID_LIKE=\"ubuntu debian\"\nVERSION_ID='22'", "linuxmint/bash@5.2-1?arch=amd64&distro=linuxmint-22")]
    [DataRow("# a comment\n\nID=debian\nVERSION_CODENAME=trixie\n", "debian/bash@5.2-1?arch=amd64&distro=debian-trixie")]
    [DataRow("ID=Debian\nnonsense\n", "debian/bash@5.2-1?arch=amd64")]
    [DataRow("ID=\"a\\\"b\"\n", "a%22b/bash@5.2-1?arch=amd64")]
    [DataRow("", "linux/bash@5.2-1?arch=amd64")]
    [DataRow(null, "debian/bash@5.2-1?arch=amd64")]
    public async Task The_distribution_is_the_one_that_the_image_says(string? release, string purl)
    {
        TestLayer layer = new TestLayer().Status("bash 5.2-1");
        if (release is not null)
        {
            layer.File("usr/lib/os-release", release).SymbolicLink("etc/os-release", "../usr/lib/os-release");
        }

        using var image = new TestImage(layer);
        Assert.AreEqual("pkg:deb/" + purl, SbomReader.Purl(SbomReader.Package((await image.GenerateAsync()).Json, "bash")));
    }

    [TestMethod]
    public async Task The_operating_system_is_an_element_that_does_not_count()
    {
        using var image = new TestImage(new TestLayer().File("etc/os-release", Dpkg.OsRelease).Status("bash 5.2-1"));
        Sbom sbom = await image.GenerateAsync();
        JsonElement system = SbomReader.Package(sbom.Json, "debian");
        Assert.AreEqual("12", system.GetProperty("versionInfo").GetString());
        Assert.AreEqual("OPERATING_SYSTEM", system.GetProperty("primaryPackagePurpose").GetString());
        Assert.AreEqual(1, sbom.PackageCount);
    }

    [TestMethod]
    public async Task The_rest_of_a_package_is_told_too()
    {
        using var image = new TestImage(new TestLayer().File(
            "var/lib/dpkg/status", Dpkg.Paragraph("bash 5.2-1", more: "Homepage: https://www.gnu.org/software/bash/\n")));
        JsonElement bash = SbomReader.Package((await image.GenerateAsync()).Json, "bash");
        Assert.AreEqual("Person: A Person (a@example.org)", bash.GetProperty("supplier").GetString());
        Assert.AreEqual("something", bash.GetProperty("summary").GetString());
        Assert.AreEqual("https://www.gnu.org/software/bash/", bash.GetProperty("homepage").GetString());
        Assert.AreEqual("NOASSERTION", bash.GetProperty("licenseDeclared").GetString());
    }

    [TestMethod]
    public async Task Names_that_are_not_UTF8_do_no_harm()
    {
        byte[] status = Encoding.Latin1.GetBytes(Dpkg.Paragraph("bash 5.2-1").Replace("A Person", "Jörg", StringComparison.Ordinal));
        using var image = new TestImage(new TestLayer().File("var/lib/dpkg/status", status));
        JsonElement bash = SbomReader.Package((await image.GenerateAsync()).Json, "bash");
        Assert.AreEqual("Person: J\uFFFDrg (a@example.org)", bash.GetProperty("supplier").GetString());
    }

    [TestMethod]
    [DataRow("Debian GCC Maintainers <debian-gcc@lists.debian.org>", "Organization: Debian GCC Maintainers (debian-gcc@lists.debian.org)")]
    [DataRow("Matthias Klose <doko@debian.org>", "Person: Matthias Klose (doko@debian.org)")]
    [DataRow("Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>", "Organization: Ubuntu Developers (ubuntu-devel-discuss@lists.ubuntu.com)")]
    [DataRow("Somebody", "Person: Somebody")]
    [DataRow("<x@example.org>", "Person: x@example.org")]
    [DataRow(" ", null)]
    public void Maintainers_are_people_or_organizations(string maintainer, string? actor) => Assert.AreEqual(actor, SpdxActor.Of(maintainer));

    [TestMethod]
    public async Task Licences_are_those_of_the_copyright_file_also_behind_links()
    {
        const string Copyright = """
            Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

            Files: *
            Copyright: somebody
            License: GPL-2+

            """;
        using var image = new TestImage(
            new TestLayer()
                .Status("one 1", "two 1", "three 1", "four 1", "five 1")
                .File("usr/share/doc/one/copyright", Copyright)
                .SymbolicLink("usr/share/doc/two", "one")
                .SymbolicLink("usr/share/doc/three/copyright", "../one/copyright")
                .HardLink("usr/share/doc/four/copyright", "usr/share/doc/one/copyright")
                .File("usr/share/doc/five/copyright", "All rights reserved."));
        byte[] json = (await image.GenerateAsync()).Json;
        string?[] licenses = [.. new[] { "one", "two", "three", "four", "five" }
            .Select(name => SbomReader.Package(json, name).GetProperty("licenseDeclared").GetString())];
        CollectionAssert.AreEqual(
            new[] { "GPL-2.0-or-later", "GPL-2.0-or-later", "GPL-2.0-or-later", "GPL-2.0-or-later", "NOASSERTION" }, licenses);
    }

    [TestMethod]
    [DataRow("GPL-2", "GPL-2.0-only")]
    [DataRow("GPL-2.0.0+", "GPL-2.0-or-later")]
    [DataRow("gpl-3+", "GPL-3.0-or-later")]
    [DataRow("GPL+", "GPL-1.0-or-later")]
    [DataRow("LGPL", "LGPL-2.0-only")]
    [DataRow("LGPL-2.1+", "LGPL-2.1-or-later")]
    [DataRow("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later")]
    [DataRow("Expat", "MIT")]
    [DataRow("Apache-2", "Apache-2.0")]
    [DataRow("apache-2.0", "Apache-2.0")]
    [DataRow("MPL-1.1+", "MPL-1.1+")]
    [DataRow("BSD-3-clause", "BSD-3-Clause")]
    [DataRow("Artistic", "Artistic-1.0")]
    [DataRow("CC0", "CC0-1.0")]
    [DataRow("public-domain", null)]
    [DataRow("GPL-2+ with OpenSSL exception", null)]
    [DataRow("-", null)]
    [DataRow("+", null)]
    [DataRow("", null)]
    public void Debian_names_of_licences_become_those_of_SPDX(string name, string? id) => Assert.AreEqual(id, DebianLicenses.ToSpdx(name));

    [TestMethod]
    [DataRow("GPL-2+ or Artistic", "Artistic-1.0 OR GPL-2.0-or-later")]
    [DataRow("Expat and ISC and Expat", "ISC AND MIT")]
    [DataRow("GPL-2 or Expat and ISC", "(ISC AND MIT) OR GPL-2.0-only")]
    [DataRow("GPL-2 or Expat, and ISC", "(GPL-2.0-only OR MIT) AND ISC")]
    [DataRow("Expat, or ISC and Zlib", "(ISC AND Zlib) OR MIT")]
    [DataRow("Perl", "Artistic-1.0-Perl OR GPL-1.0-or-later")]
    [DataRow("Perl and ISC", "(Artistic-1.0-Perl OR GPL-1.0-or-later) AND ISC")]
    [DataRow("ISC|Perl", "(Artistic-1.0-Perl OR GPL-1.0-or-later) AND ISC")]
    [DataRow("ISC|GPL-2 and Expat|ISC", "GPL-2.0-only AND ISC AND MIT")]
    public void Alternatives_and_conjunctions_keep_their_sense(string synopses, string expression)
    {
        License license = DebianLicenses.Combine(synopses.Split('|'), new Dictionary<string, string>());
        Assert.AreEqual(expression, license.Expression);
        Assert.IsEmpty(license.Extracted);
    }

    [TestMethod]
    public void Other_licences_bring_their_text()
    {
        License license = CopyrightFile.Read("""
            Format: http://dep.debian.net/deps/dep5
            Source: https://example.org

            Files: *
            Copyright: 2020
            License: Expat
             Permission is hereby granted

            Files: a
             b
            License: custom
            Copyright: 2021

            License: custom
             You may.
             .
             Or you may not.

            Files: c
            License: other or ISC
            """u8)!;
        Assert.HasCount(2, license.Extracted);
        ExtractedLicense custom = license.Extracted.Single(l => l.Name == "custom");
        Assert.AreEqual("You may.\n\nOr you may not.", custom.Text);
        Assert.Contains("'other'", license.Extracted.Single(l => l.Name == "other").Text);
        Assert.AreEqual($"(ISC OR {license.Extracted.Single(l => l.Name == "other").Id}) AND {custom.Id} AND MIT", license.Expression);
    }

    [TestMethod]
    [DataRow("This package was debianized by somebody.\nLicense: GPL-2")]
    [DataRow("")]
    [DataRow("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n")]
    [DataRow("Format: something else\n\nFiles: *\nLicense: GPL-2\n")]
    [DataRow("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2\ngarbage\n")]
    public void Nothing_is_guessed_from_prose(string copyright) => Assert.IsNull(CopyrightFile.Read(Encoding.UTF8.GetBytes(copyright)));
}

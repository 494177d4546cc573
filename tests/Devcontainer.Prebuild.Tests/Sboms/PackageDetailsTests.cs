using System.Text.Json;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>Licences and suppliers, in the ways in which packages give them.</summary>
[TestClass]
public sealed class PackageDetailsTests
{
    [TestMethod]
    [DataRow("""  "license": "(mit OR Apache-2.0)"  """, "(MIT OR Apache-2.0)")]
    [DataRow("""  "license": { "type": "ISC" }  """, "ISC")]
    [DataRow("""  "licenses": [{ "type": "MIT" }, { "type": "GPL-2.0" }]  """, "MIT OR GPL-2.0-only")]
    [DataRow("""  "license": 5  """, "NOASSERTION")]
    [DataRow("""  "licenses": 5  """, "NOASSERTION")]
    [DataRow("""  "licenses": []  """, "NOASSERTION")]
    [DataRow("""  "license": ""  """, "NOASSERTION")]
    public async Task A_node_package_may_give_its_licence_in_three_ways(string field, string expected) =>
        Assert.AreEqual(expected, Text(await NodePackageAsync(field), "licenseDeclared"));

    [TestMethod]
    [DataRow("""  "author": "A Person <a@example.org> (https://example.org)"  """, "Person: A Person (a@example.org)")]
    [DataRow("""  "author": { "name": "A Person", "email": "a@example.org" }  """, "Person: A Person (a@example.org)")]
    [DataRow("""  "author": { "name": "The Team" }  """, "Organization: The Team")]
    [DataRow("""  "author": { "email": "a@example.org" }  """, "Person: a@example.org")]
    [DataRow("""  "author": "Example Inc."  """, "Organization: Example Inc.")]
    [DataRow("""  "author": "Microsoft"  """, "Organization: Microsoft")]
    [DataRow("""  "author": "(https://example.org)"  """, "NOASSERTION")]
    [DataRow("""  "author": ["A Person"]  """, "NOASSERTION")]
    public async Task A_node_package_is_supplied_by_its_author(string field, string expected) =>
        Assert.AreEqual(expected, Text(await NodePackageAsync(field), "supplier"));

    [TestMethod]
    [DataRow("License: BSD\nClassifier: License :: OSI Approved :: MIT License", "MIT")]
    [DataRow("License-Expression: MIT OR ISC\nClassifier: License :: OSI Approved :: MIT License", "MIT OR ISC")]
    [DataRow("License: Apache-2.0\nClassifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: BSD License", "Apache-2.0")]
    [DataRow("License: UNKNOWN", "NOASSERTION")]
    [DataRow("Classifier: License :: OSI Approved :: BSD License", "NOASSERTION")]
    public async Task A_Python_distribution_s_licence_is_what_says_it_most_exactly(string fields, string expected) =>
        Assert.AreEqual(expected, Text(await DistributionAsync(fields), "licenseDeclared"));

    [TestMethod]
    [DataRow("Author: A Person\nAuthor-email: a@example.org", "Person: A Person (a@example.org)")]
    [DataRow("Author-email: A Person <a@example.org>, B Person <b@example.org>", "Person: A Person (a@example.org)")]
    [DataRow("Author: UNKNOWN\nMaintainer: The Team", "Organization: The Team")]
    [DataRow("Author: A Person\nMaintainer: B Person", "Person: B Person")]
    public async Task A_Python_distribution_is_supplied_by_who_maintains_it(string fields, string expected) =>
        Assert.AreEqual(expected, Text(await DistributionAsync(fields), "supplier"));

    [TestMethod]
    [DataRow("Home-page: https://example.org/a", "https://example.org/a")]
    [DataRow("Project-URL: Source, https://example.org/b\nProject-URL: Homepage, https://example.org/a", "https://example.org/a")]
    public async Task A_Python_distribution_has_a_web_site(string fields, string expected) =>
        Assert.AreEqual(expected, Text(await DistributionAsync(fields), "homepage"));

    [TestMethod]
    public async Task A_NuGet_package_of_an_application_is_told_by_its_own_manifest_where_that_is_there_too()
    {
        const string Nuspec = """
            <package><metadata><!-- --><id>Some.Library</id><version>2.1.0-RC.1</version><authors>Some Authors</authors>
            <license type="expression">MIT</license><projectUrl>https://example.org/</projectUrl><dependencies><group><dependency id="x" /></group></dependencies></metadata></package>
            """;
        const string Deps = """
            { "targets": { "x": { "Some.Library/2.1.0-RC.1": { "runtime": { "a.dll": {} } } } }, "libraries": { "Some.Library/2.1.0-RC.1": { "type": "package" } } }
            """;
        using var image = new TestImage(new TestLayer().File("app/App.deps.json", Deps).File("usr/share/nuget/some.library/2.1.0-rc.1/some.library.nuspec", Nuspec));
        JsonElement package = SbomReader.Package((await image.GenerateAsync()).Json, "Some.Library");
        Assert.AreEqual("MIT", Text(package, "licenseDeclared"));
        Assert.AreEqual("Organization: Some Authors", Text(package, "supplier"));
        Assert.AreEqual("https://example.org/", Text(package, "homepage"));
        Assert.AreEqual("NuGet package in /usr/share/nuget", Text(package, "sourceInfo"));
    }

    [TestMethod]
    [DataRow("MIT AND (ISC OR Zlib)", "MIT AND (ISC OR Zlib)")]
    [DataRow("mit or lgpl-2.1+", "MIT OR LGPL-2.1-or-later")]
    [DataRow("(GPL-2.0-only with classpath-exception-2.0) OR MIT", "(GPL-2.0-only WITH Classpath-exception-2.0) OR MIT")]
    public void Expressions_are_kept_in_the_right_spelling(string text, string expected) =>
        Assert.AreEqual(expected, LicenseExpression.Parse(text)!.Expression);

    [TestMethod]
    [DataRow("SEE LICENSE IN LICENSE.md")]
    [DataRow("UNLICENSED")]
    [DataRow("MIT AND")]
    [DataRow("MIT MIT")]
    [DataRow("(MIT")]
    [DataRow("MIT)")]
    [DataRow("()")]
    [DataRow("MIT (ISC)")]
    [DataRow("BSD")]
    [DataRow("GPL-2.0-only WITH")]
    [DataRow("GPL-2.0-only WITH MIT")]
    [DataRow("(GPL-2.0-only) WITH Classpath-exception-2.0")]
    [DataRow("Classpath-exception-2.0")]
    public void What_is_no_expression_is_a_licence_of_that_name(string text)
    {
        License license = LicenseExpression.Parse(text)!;
        Assert.StartsWith("LicenseRef-", license.Expression);
        Assert.AreEqual(text, license.Extracted.Single().Name);
    }

    private static Task<JsonElement> NodePackageAsync(string field) =>
        PackageAsync("node_modules/a/package.json", $$"""{ "name": "a", "version": "1", {{field}} }""");

    private static Task<JsonElement> DistributionAsync(string fields) =>
        PackageAsync("lib/a-1.dist-info/METADATA", $"Metadata-Version: 2.4\nName: a\nVersion: 1\n{fields}\n\nText\n");

    private static async Task<JsonElement> PackageAsync(string path, string content)
    {
        using var image = new TestImage(new TestLayer().File(path, content));
        byte[] json = (await image.GenerateAsync()).Json;
        SpdxRules.Check(json);
        return SbomReader.Package(json, "a");
    }

    private static string? Text(JsonElement package, string name) => package.GetProperty(name).GetString();
}

using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

[TestClass]
public sealed class CycloneDxTests
{
    private const string Spdx = """
        {
          "spdxVersion": "SPDX-2.3",
          "creationInfo": { "created": "1980-01-01T00:00:00Z", "creators": ["Tool: Devcontainer.Sdk-1.2.3-beta"] },
          "packages": [
            { "SPDXID": "SPDXRef-Image-dev", "name": "team/dev", "versionInfo": "sha256:aa", "primaryPackagePurpose": "CONTAINER", "supplier": "NOASSERTION",
              "checksums": [{ "algorithm": "SHA256", "checksumValue": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }] },
            { "SPDXID": "SPDXRef-OperatingSystem-debian", "name": "debian", "versionInfo": "12", "primaryPackagePurpose": "OPERATING_SYSTEM" },
            { "SPDXID": "SPDXRef-Package-curl", "name": "curl", "versionInfo": "7.88.1-10", "supplier": "Organization: Curl Maintainers (curl@example.com)",
              "homepage": "https://curl.se", "licenseDeclared": "curl OR LicenseRef-x", "summary": "transfers data",
              "externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/curl@7.88.1-10" }] },
            { "SPDXID": "SPDXRef-Package-odd", "name": "odd", "homepage": "not an address" },
            { "SPDXID": "SPDXRef-Feature-node", "name": "node", "primaryPackagePurpose": "INSTALL" }
          ],
          "relationships": [
            { "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-Image-dev" }
          ]
        }
        """;

    [TestMethod]
    public void It_says_what_the_SPDX_document_says()
    {
        JsonElement root = Convert(Spdx);
        Assert.AreEqual(("CycloneDX", "1.6", 1), (Text(root, "bomFormat"), Text(root, "specVersion"), root.GetProperty("version").GetInt32()));
        StringAssert.Matches(Text(root, "serialNumber"), new("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
        JsonElement metadata = root.GetProperty("metadata");
        Assert.AreEqual("1980-01-01T00:00:00Z", Text(metadata, "timestamp"));
        JsonElement tool = metadata.GetProperty("tools").GetProperty("components")[0];
        Assert.AreEqual(("Devcontainer.Sdk", "1.2.3-beta"), (Text(tool, "name"), Text(tool, "version")));
        JsonElement image = metadata.GetProperty("component");
        Assert.AreEqual(("container", "team/dev", "SHA-256"), (Text(image, "type"), Text(image, "name"), Text(image.GetProperty("hashes")[0], "alg")));
        Assert.IsFalse(image.TryGetProperty("supplier", out _));

        JsonElement[] components = [.. root.GetProperty("components").EnumerateArray()];
        CollectionAssert.AreEqual(new[] { "operating-system", "library", "library", "application" }, components.Select(static one => Text(one, "type")).ToArray());
        JsonElement curl = components[1];
        Assert.AreEqual("Curl Maintainers (curl@example.com)", Text(curl.GetProperty("supplier"), "name"));
        Assert.AreEqual("curl OR LicenseRef-x", Text(curl.GetProperty("licenses")[0], "expression"));
        Assert.AreEqual("https://curl.se", Text(curl.GetProperty("externalReferences")[0], "url"));
        Assert.AreEqual(("pkg:deb/debian/curl@7.88.1-10", "transfers data"), (Text(curl, "purl"), Text(curl, "description")));
        Assert.IsFalse(components[2].TryGetProperty("externalReferences", out _), "what is no address is none");

        JsonElement dependencies = root.GetProperty("dependencies")[0];
        Assert.AreEqual("SPDXRef-Image-dev", Text(dependencies, "ref"));
        CollectionAssert.AreEqual(
            components.Select(static one => Text(one, "bom-ref")).ToArray(), dependencies.GetProperty("dependsOn").EnumerateArray().Select(static one => one.GetString()).ToArray());
    }

    [TestMethod]
    public void The_same_document_gives_the_same_bytes_and_another_one_another_number()
    {
        CollectionAssert.AreEqual(CycloneDxDocument.Convert(Encoding.UTF8.GetBytes(Spdx)), CycloneDxDocument.Convert(Encoding.UTF8.GetBytes(Spdx)));
        Assert.AreNotEqual(Text(Convert(Spdx), "serialNumber"), Text(Convert(Spdx.Replace("curl.se", "curl.example", StringComparison.Ordinal)), "serialNumber"));
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("{}")]
    [DataRow("""{ "creationInfo": { "created": "x", "creators": ["Tool: x"] }, "packages": [], "relationships": [] }""")]
    public void What_is_no_SBOM_of_ours_is_an_error(string spdx) =>
        Assert.AreEqual("DEVC6006", Assert.ThrowsExactly<DevcontainerException>(() => CycloneDxDocument.Convert(Encoding.UTF8.GetBytes(spdx))).Diagnostic.Code);

    private static JsonElement Convert(string spdx) => JsonElement.Parse(CycloneDxDocument.Convert(Encoding.UTF8.GetBytes(spdx)));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}

using System.Text;
using System.Xml;
using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Tests.Inputs;

[TestClass]
public sealed class PackageVersionsTests
{
    [TestMethod]
    [DataRow("""<PackageVersion Include="Dapper" Version="2.1.66" />""", """{"Dapper":"2.1.66"}""", DisplayName = "central")]
    [DataRow("""<PackageReference Include="Dapper" Version="[2.1,3)" />""", """{"Dapper":"[2.1,3)"}""", DisplayName = "a reference")]
    [DataRow("""<PackageReference Include="Dapper" VersionOverride="3.0.0" />""", """{"Dapper":"3.0.0"}""", DisplayName = "an override")]
    [DataRow("""<PackageVersion Update="Dapper" Version="$(DapperVersion)" />""", """{"Dapper":"$(DapperVersion)"}""", DisplayName = "a property")]
    [DataRow("""<GlobalPackageReference Include="A" Version="1" /><PackageVersion Include="B" Version="2" />""", """{"A":"1","B":"2"}""", DisplayName = "several")]
    [DataRow("""<PackageVersion Include="A" Version="1" /><PackageVersion Include="A" Version="2" />""", """{"A":"1, 2"}""", DisplayName = "one twice")]
    [DataRow("""<DapperVersion>2.1.66</DapperVersion><Password>secret</Password>""", """{"DapperVersion":"2.1.66"}""", DisplayName = "properties that are named for one")]
    [DataRow("""<PackageReference Include="Dapper" />""", null, DisplayName = "none")]
    [DataRow("""<PackageVersion Include="A" Version="https://user:secret@example.org/" />""", null, DisplayName = "what is no version")]
    [DataRow("""<PackageVersion Include="A" Version="11111111111111111111111111111111111111111111111111111111111111111" />""", null, DisplayName = "what is long")]
    [DataRow("""<DapperVersion Condition="x" /><Other>1</Other>""", null, DisplayName = "an empty property")]
    public void They_are_told_by_name(string content, string? expected)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($"<Project><!-- <PackageVersion Include=\"No\" Version=\"1\" /> -->{content}</Project>"));
        Assert.AreEqual(expected, PackageVersions.Read(stream) is { } json ? Encoding.UTF8.GetString(json) : null);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("<Project>")]
    [DataRow("<!DOCTYPE a [<!ENTITY b \"c\">]><Project />")]
    public void What_is_no_XML_is_none_of_it(string text) =>
        Assert.ThrowsExactly<XmlException>(() => PackageVersions.Read(new MemoryStream(Encoding.UTF8.GetBytes(text))));
}

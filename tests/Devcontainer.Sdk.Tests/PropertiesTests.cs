using System.Text.RegularExpressions;
using Devcontainer.Sdk.Tests.Harness;
using Devcontainer.Tasks;

namespace Devcontainer.Sdk.Tests;

/// <summary>The public properties: what the targets read, what a misspelling is held against, and what is documented are the same.</summary>
[TestClass]
public sealed partial class PropertiesTests
{
    [TestMethod]
    public void They_are_sorted_and_each_is_there_once()
    {
        CollectionAssert.AreEqual(
            PublicProperties.Names.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).ToArray(), PublicProperties.Names);
    }

    [TestMethod]
    public void They_are_those_that_the_targets_read()
    {
        CollectionAssert.AreEqual(PublicProperties.Names, Read().Where(static name => !IsForExtension(name)).ToArray());
    }

    [TestMethod]
    public void They_are_those_that_are_documented()
    {
        string[] documented =
        [
            .. File.ReadAllLines(Repository.At("docs/properties.md")).Where(static line => line.StartsWith("| `", StringComparison.Ordinal)).Select(static line => line.Split(" | ")[0])
                .SelectMany(static text => Quoted().Matches(text).Select(static match => match.Groups[1].Value))
                .Distinct(StringComparer.Ordinal),
        ];
        CollectionAssert.IsSubsetOf(PublicProperties.Names, documented);
        CollectionAssert.IsSubsetOf(Read().Where(IsForExtension).ToArray(), documented);
        Assert.IsEmpty(documented.Where(static name =>
            !PublicProperties.Names.Contains(name) && !IsForExtension(name) && !name.StartsWith("ImportDirectoryBuild", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow("DevcontainerPlatfroms", "DevcontainerPlatforms")]
    [DataRow("devcontainerplatform", "DevcontainerPlatforms")]
    [DataRow("DevcontainerTag", "DevcontainerForce")]
    [DataRow("PreBuildOnBild", "PrebuildOnBuild")]
    [DataRow("PushDevcontaner", "PushDevcontainer")]
    [DataRow("GenerateDevcontainerSboms", "GenerateDevcontainerSbom")]
    public void A_misspelling_is_told_with_the_nearest_name(string name, string nearest)
    {
        Assert.IsTrue(PublicProperties.IsMisspelt(name, out string found));
        Assert.AreEqual(nearest, found);
    }

    [TestMethod]
    [DataRow("DevcontainerPlatforms")]
    [DataRow("devcontainerplatforms")]
    [DataRow("PREBUILDONBUILD")]
    [DataRow("PrebuildDevcontainerDependsOn")]
    [DataRow("CustomAfterDevcontainerTargets")]
    [DataRow("RunPrebuildSteps")]
    [DataRow("PreBuildEvent")]
    [DataRow("Configuration")]
    [DataRow("MyDevcontainer")]
    public void A_name_of_ours_or_of_others_is_not_a_misspelling(string name)
    {
        Assert.IsFalse(PublicProperties.IsMisspelt(name, out string nearest), nearest);
    }

    private static string[] Read() =>
    [
        .. Directory.EnumerateFiles(Repository.At("sdk"), "*.*", SearchOption.AllDirectories)
            .Where(static file => Path.GetExtension(file) is ".props" or ".targets")
            .SelectMany(static file => Reference().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value))
            .Where(static name => !name.StartsWith('_') && (name.Contains("Devcontainer", StringComparison.Ordinal) || name.Contains("Prebuild", StringComparison.Ordinal)))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    private static bool IsForExtension(string name) =>
        name.StartsWith("Custom", StringComparison.Ordinal) || name.EndsWith("DependsOn", StringComparison.Ordinal) || name == "UsingDevcontainerSdk";

    [GeneratedRegex(@"\$\((\w+)")]
    private static partial Regex Reference();

    [GeneratedRegex(@"`(\w+)(=\w+)?`")]
    private static partial Regex Quoted();
}

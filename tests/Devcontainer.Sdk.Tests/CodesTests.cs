using System.Reflection;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Codes are a promise: each has one meaning, a text, a row in the documentation, a place that emits it and a test that shows it.</summary>
[TestClass]
public sealed partial class CodesTests
{
    private static readonly (string Name, string Code)[] All =
        [.. typeof(Codes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (field.Name, (string)field.GetRawConstantValue()!))];

    [TestMethod]
    public void Each_is_unique_and_well_formed()
    {
        Assert.IsEmpty(All.GroupBy(static one => one.Code).Where(static group => group.Count() > 1).Select(static group => group.Key));
        Assert.IsEmpty(All.Where(static one => !Form().IsMatch(one.Code)).Select(static one => one.Name));
    }

    [TestMethod]
    public void They_stand_in_order()
    {
        CollectionAssert.AreEqual(All.Select(static one => one.Code).Order(StringComparer.Ordinal).ToArray(), All.Select(static one => one.Code).ToArray());
    }

    [TestMethod]
    public void Each_has_a_message_that_can_be_formatted()
    {
        object[] arguments = [.. Enumerable.Range(0, 10).Select(static number => (object)$"argument {number}")];
        foreach ((_, string code) in All)
        {
            Diagnostic diagnostic = Diagnostic.Create(code, null, arguments);
            Assert.IsGreaterThan(20, diagnostic.Message.Length, code);
            Assert.DoesNotContain("{", diagnostic.Message.Replace("{localEnv:", "", StringComparison.Ordinal).Replace("{'containerd-snapshotter'", "", StringComparison.Ordinal), code);
        }
    }

    [TestMethod]
    public void Each_is_documented_once_under_its_range_and_no_other_is()
    {
        var documented = new List<string>();
        string range = string.Empty;
        foreach (string line in File.ReadLines(Repository.At("docs/codes.md")))
        {
            if (Heading().Match(line) is { Success: true } heading)
            {
                range = heading.Groups[1].Value;
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                documented.Add(row.Groups[1].Value);
                Assert.StartsWith(range, row.Groups[1].Value, line);
                Assert.IsTrue(row.Groups[2].Value.Trim().Length > 10 && row.Groups[3].Value.Trim().Length > 5, line);
            }
        }

        CollectionAssert.AreEqual(All.Select(static one => one.Code).ToArray(), documented);
    }

    [TestMethod]
    public void Each_is_emitted_somewhere()
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in Lines("src", "*.cs"))
        {
            if (!line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            {
                used.UnionWith(Use().Matches(line).Select(static match => match.Groups[1].Value));
            }
        }

        Assert.IsEmpty(All.Where(one => !used.Contains(one.Name)).Select(static one => $"{one.Code} {one.Name}"));
    }

    [TestMethod]
    public void Each_is_shown_by_a_test()
    {
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in Lines("tests", "*.cs").Concat(Lines("tests", "*.json")))
        {
            shown.UnionWith(Use().Matches(line).Select(static match => match.Groups[1].Value));
            shown.UnionWith(Anywhere().Matches(line).Select(static match => match.Value));
        }

        Assert.IsEmpty(All.Where(one => !shown.Contains(one.Name) && !shown.Contains(one.Code)).Select(static one => $"{one.Code} {one.Name}"));
    }

    [TestMethod]
    public void What_the_documentation_mentions_exists()
    {
        string[] known = [.. All.Select(static one => one.Code)];
        foreach (string line in Lines("docs", "*.md").Concat(File.ReadLines(Repository.At("README.md"))))
        {
            foreach (Match match in Anywhere().Matches(line))
            {
                Assert.Contains(match.Value, known, line);
            }
        }
    }

    private static IEnumerable<string> Lines(string folder, string pattern) =>
        Directory.EnumerateFiles(Repository.At(folder), pattern, SearchOption.AllDirectories)
            .Where(static file => Path.GetFileName(file) is not ("Codes.cs" or "CodesTests.cs"))
            .SelectMany(File.ReadLines);

    [GeneratedRegex(@"^DEVC[1-9]\d{3}$")]
    private static partial Regex Form();

    [GeneratedRegex(@"\bDEVC\d{4}\b")]
    private static partial Regex Anywhere();

    [GeneratedRegex(@"\bCodes\.(\w+)")]
    private static partial Regex Use();

    [GeneratedRegex(@"^## (DEVC\d)xxx")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| (DEVC\d{4}) \|(.*)\|(.*)\|$")]
    private static partial Regex Row();
}

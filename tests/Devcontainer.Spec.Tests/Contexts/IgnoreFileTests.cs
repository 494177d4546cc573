using System.Text;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Spec.Contexts;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Spec.Tests.Contexts;

[TestClass]
public sealed class IgnoreFileTests
{
    [TestMethod]
    [DataRow("a", "a", true)]
    [DataRow("a", "a/b/c", true)]
    [DataRow("a", "b/a", false)]
    [DataRow("/a", "a", true)]
    [DataRow("a/", "a", true)]
    [DataRow("./a/../b", "b", true)]
    [DataRow(" a ", "a", true)]
    [DataRow("*", "a", true)]
    [DataRow("*", "a/b", true)]
    [DataRow("*/b", "a/b", true)]
    [DataRow("*/b", "b", false)]
    [DataRow("*.md", "a.md", true)]
    [DataRow("*.md", "x/a.md", false)]
    [DataRow("**/*.md", "a.md", true)]
    [DataRow("**/*.md", "x/y/a.md", true)]
    [DataRow("**/x", "x", true)]
    [DataRow("**/x", "a/x/b", true)]
    [DataRow("**/x", "ax", false)]
    [DataRow("**x", "ax", true)]
    [DataRow("**x", "a/bx", true)]
    [DataRow("**", "a", true)]
    [DataRow("a/**", "a", false)]
    [DataRow("a/**", "a/b/c", true)]
    [DataRow("a/**/b", "a/b", true)]
    [DataRow("a/**/b", "a/x/y/b", true)]
    [DataRow("a/**/b", "a/xb", false)]
    [DataRow("a**b", "axb", false)]
    [DataRow("a**b", "ax/b", true)]
    [DataRow("a**b", "ab", true)]
    [DataRow("a?", "ab", true)]
    [DataRow("a?", "a", false)]
    [DataRow("a?b", "a/b", false)]
    [DataRow("[a-c]x", "bx", true)]
    [DataRow("[^a-c]x", "bx", false)]
    [DataRow("[^a-c]x", "dx", true)]
    [DataRow("a[^b]c", "a/c", true)]
    [DataRow("\\*", "*", true)]
    [DataRow("\\*", "a", false)]
    [DataRow("\\!a", "!a", true)]
    [DataRow("a.b", "axb", false)]
    [DataRow("a+(b)", "a+(b)", true)]
    [DataRow("^a", "^a", true)]
    [DataRow("a^*", "a^b", false)]
    [DataRow("#a", "#a", false)]
    [DataRow(" #a", "#a", true)]
    [DataRow("\uFEFFa", "a", true)]
    [DataRow("a\r\nb\r\n", "b", true)]
    [DataRow("a\n!a/b", "a/b", false)]
    [DataRow("a\n!a/b", "a/b/c", false)]
    [DataRow("a\n!a/b", "a/c", true)]
    [DataRow("a\n!a/b\na/b/c", "a/b/c", true)]
    [DataRow("a\n! a", "a", false)]
    [DataRow("*\n!a", "a/b", false)]
    [DataRow("*\n!/a/b", "a/b", false)]
    [DataRow("**\n!**/*.cs", "x/a.cs", false)]
    [DataRow("!a\na", "a", true)]
    [DataRow("a/*\n!a/*", "a/b", false)]
    [DataRow("a\n!b", "a", true)]
    [DataRow("A", "a", false)]
    [DataRow("ä*", "äb", true)]
    public void A_path_is_ignored_as_in_the_engine(string patterns, string path, bool ignored) =>
        Assert.AreEqual(ignored, IgnoreFile.Parse(patterns).IsIgnored(path));

    [TestMethod]
    [DataRow("a\n[b", 2)]
    [DataRow("[]", 1)]
    [DataRow("a\\", 1)]
    [DataRow("!", 1)]
    [DataRow("\n\n[a-]", 3)]
    public void A_malformed_pattern_is_an_error_with_its_line(string patterns, int line)
    {
        var exception = Assert.ThrowsExactly<DevcontainerException>(() => IgnoreFile.Parse(patterns, "i"));
        Assert.AreEqual(Codes.IgnorePatternInvalid, exception.Diagnostic.Code);
        Assert.AreEqual(new SourceLocation("i", line, 1), exception.Diagnostic.Location);
    }

    [TestMethod]
    [DataRow("a/b/../c/./d//", "a/c/d")]
    [DataRow("/../a", "/a")]
    [DataRow("../a/..", "..")]
    [DataRow("", ".")]
    [DataRow("/", "/")]
    [DataRow("a/..", ".")]
    [DataRow("../../a", "../../a")]
    public void Paths_are_cleaned_as_in_Go(string path, string clean) => Assert.AreEqual(clean, GoPath.Clean(path));

    [TestMethod]
    [DataRow("*", "a/b", false)]
    [DataRow("*/*", "a/b", true)]
    [DataRow("a*/b", "axx/b", true)]
    [DataRow("a*b*c", "abbbc", true)]
    [DataRow("[a-c]", "b", true)]
    [DataRow("[^a-c]", "b", false)]
    [DataRow("[^a-c]", "/", false)]
    [DataRow("[\\]a]", "]", true)]
    [DataRow("[\\-x]", "-", true)]
    [DataRow("\\a", "a", true)]
    [DataRow("?", "/", false)]
    [DataRow("?b", "äb", true)]
    [DataRow("", "", true)]
    [DataRow("a", "ab", false)]
    public void Names_match_as_in_Go(string pattern, string name, bool match)
    {
        Assert.IsTrue(GoPath.IsValidPattern(pattern));
        Assert.AreEqual(match, GoPath.IsMatch(pattern, name));
    }

    [TestMethod]
    [Timeout(10_000, CooperativeCancellation = true)]
    public void Many_wildcards_take_no_time()
    {
        string name = new('a', 60);
        Assert.IsFalse(GoPath.IsMatch(string.Concat(Enumerable.Repeat("*a", 40)) + "b", name));
        Assert.IsFalse(IgnoreFile.Parse(string.Concat(Enumerable.Repeat("*a", 40)) + "b").IsIgnored(name));
        Assert.IsFalse(IgnoreFile.Parse(string.Concat(Enumerable.Repeat("**/*a", 40)) + "b").IsIgnored(string.Join('/', name.ToCharArray())));
    }

    [TestMethod]
    [DataRow("[")]
    [DataRow("[]")]
    [DataRow("[^]")]
    [DataRow("[a")]
    [DataRow("[a-]")]
    [DataRow("[-a]")]
    [DataRow("[]a]")]
    [DataRow("a\\")]
    [DataRow("[\\")]
    public void Malformed_patterns_are_known_as_in_Go(string pattern) => Assert.IsFalse(GoPath.IsValidPattern(pattern));

    [TestMethod]
    public void The_file_beside_the_Dockerfile_wins()
    {
        using var folder = new TemporaryFolder();
        folder.Write(".dockerignore", "a");
        string dockerfile = folder.Write("docker/Dockerfile");
        Assert.IsTrue(IgnoreFile.Load(folder.Path, dockerfile).IsIgnored("a"));
        Assert.IsTrue(IgnoreFile.Load(folder.Path, null).IsIgnored("a"));
        folder.Write("docker/Dockerfile.dockerignore", "b");
        Assert.IsTrue(IgnoreFile.Load(folder.Path, dockerfile).IsIgnored("b"));
        Assert.IsFalse(IgnoreFile.Load(folder.Path, dockerfile).IsIgnored("a"));
        folder.Write("docker/Dockerfile.dockerignore", "");
        Assert.IsFalse(IgnoreFile.Load(folder.Path, dockerfile).IsIgnored("a"));
        Assert.IsNull(IgnoreFile.Load(folder["docker"], folder["other"]).Path);
    }

    /// <summary>moby/patternmatcher makes regular expressions: the same rules, told in another way.</summary>
    [TestMethod]
    public void Matching_agrees_with_regular_expressions()
    {
        Gen<string> text = Gen.Elements("a", "b", "/", "*", "**", "?", "[ab]", "[^a]", "\\*", ".", "ab")
            .ListOf().Select(parts => GoPath.Clean(string.Concat(parts.Take(10))).TrimStart('/'));
        Gen<string> path = Gen.Elements("a", "b", "ab", "*", "a.b", "c").NonEmptyListOf().Select(parts => string.Join('/', parts.Take(6)));
        Prop.ForAll(
            Gen.Zip(text, path).ToArbitrary(),
            pair =>
            {
                (string pattern, string candidate) = pair;
                if (pattern.Length == 0 || !GoPath.IsValidPattern(pattern))
                {
                    return;
                }

                Assert.AreEqual(
                    Regex.IsMatch(candidate, ToRegex(pattern), RegexOptions.NonBacktracking),
                    new IgnorePattern(pattern, isException: false).IsMatch(candidate),
                    $"'{pattern}' on '{candidate}'");
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    /// <summary>The tree prunes folders; a path alone does not. Both must say the same.</summary>
    [TestMethod]
    public void Listing_agrees_with_matching_each_path()
    {
        string[] names = ["a", "b", "c.md"];
        using var folder = new TemporaryFolder();
        var all = new List<string>();
        foreach (string one in names)
        {
            foreach (string two in names)
            {
                foreach (string three in names)
                {
                    all.Add($"d{one}/{two}x/{three}");
                    folder.Write(all[^1]);
                }
            }
        }

        Gen<string> line = Gen.Zip(
            Gen.Elements("", "", "!"),
            Gen.Elements("*", "**", "da", "db/ax", "d?/bx/a", "**/a", "**/*.md", "da/**", "dc.md/*", "d*/ax", "*/*/b", "[^d]*", "db/bx/../ax/b"))
            .Select(pair => pair.Item1 + pair.Item2);
        Prop.ForAll(
            line.ListOf().Select(lines => string.Join('\n', lines)).ToArbitrary(),
            text =>
            {
                var ignore = IgnoreFile.Parse(text);
                string[] listed = BuildContext.Enumerate(folder.Path, ignore)
                    .Where(entry => entry.Kind == ContextEntryKind.File).Select(entry => entry.Path).ToArray();
                CollectionAssert.AreEquivalent(all.Where(path => !ignore.IsIgnored(path)).ToArray(), listed, text);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static string ToRegex(string pattern)
    {
        string inner = pattern.StartsWith("**", StringComparison.Ordinal) ? pattern[2..] : pattern;
        if (inner != pattern && inner.AsSpan().IndexOfAny("*?[]\\") < 0)
        {
            return inner.StartsWith('/') ? "^(.*/)?" + Regex.Escape(inner[1..]) + "\\z" : Regex.Escape(inner) + "\\z";
        }

        var regex = new StringBuilder("^");
        for (int i = 0; i < pattern.Length; i++)
        {
            char c = pattern[i];
            if (c == '*' && i + 1 < pattern.Length && pattern[i + 1] == '*')
            {
                i += i + 2 < pattern.Length && pattern[i + 2] == '/' ? 2 : 1;
                regex.Append(i + 1 == pattern.Length ? ".*" : "(.*/)?");
            }
            else if (c == '[')
            {
                int end = pattern.IndexOf(']', i);
                regex.Append(pattern, i, end - i + 1);
                i = end;
            }
            else
            {
                regex.Append(c switch
                {
                    '*' => "[^/]*",
                    '?' => "[^/]",
                    '\\' => Regex.Escape(pattern[++i].ToString()),
                    _ => Regex.Escape(c.ToString()),
                });
            }
        }

        return regex.Append("\\z").ToString();
    }
}

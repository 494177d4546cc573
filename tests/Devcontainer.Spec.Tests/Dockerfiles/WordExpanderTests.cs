using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Tests.Dockerfiles;

[TestClass]
public sealed class WordExpanderTests
{
    private static readonly Dictionary<string, string> Variables = new(StringComparer.Ordinal)
    {
        ["X"] = "value",
        ["EMPTY"] = "",
        ["SPACED"] = "a b",
        ["PATHLIKE"] = "/usr/local/lib/libx.so.1",
        ["VERSION"] = "v1.2.3-rc1",
        ["STAR"] = "a*b*c",
        ["DE"] = "Grüße",
    };

    [TestMethod]
    [DataRow("plain", "plain")]
    [DataRow("", "")]
    [DataRow("$X", "value")]
    [DataRow("${X}", "value")]
    [DataRow("a${X}b", "avalueb")]
    [DataRow("$Xb", "")]
    [DataRow("$X-b", "value-b")]
    [DataRow("\\$X", "$X")]
    [DataRow("'$X'", "$X")]
    [DataRow("\"$X\"", "value")]
    [DataRow("\"\\$X\"", "$X")]
    [DataRow("\"\\a\\\"\\\\\"", "\\a\"\\")]
    [DataRow("'it''s'", "its")]
    [DataRow("\\a\\ b", "a b")]
    [DataRow("end\\", "end")]
    [DataRow("$", "$")]
    [DataRow("a$", "a$")]
    [DataRow("$.", "$.")]
    [DataRow("$1x", "x")]
    [DataRow("$$X", "X")]
    [DataRow("$GONE", "")]
    [DataRow("${GONE}", "")]
    [DataRow("${GONE:-d}", "d")]
    [DataRow("${GONE-d}", "d")]
    [DataRow("${EMPTY:-d}", "d")]
    [DataRow("${EMPTY-d}", "")]
    [DataRow("${X:-d}", "value")]
    [DataRow("${X:+d}", "d")]
    [DataRow("${EMPTY:+d}", "")]
    [DataRow("${EMPTY+d}", "d")]
    [DataRow("${GONE+d}", "")]
    [DataRow("${GONE:-$X}", "value")]
    [DataRow("${GONE:-${ALSO:-${X}}}", "value")]
    [DataRow("${GONE:-'a}b'}", "a}b")]
    [DataRow("${GONE:-a\\}b}", "a}b")]
    [DataRow("${X:?no}", "value")]
    [DataRow("${EMPTY?no}", "")]
    [DataRow("${PATHLIKE##*/}", "libx.so.1")]
    [DataRow("${PATHLIKE#*/}", "usr/local/lib/libx.so.1")]
    [DataRow("${PATHLIKE%/*}", "/usr/local/lib")]
    [DataRow("${PATHLIKE%%/*}", "")]
    [DataRow("${PATHLIKE%.*}", "/usr/local/lib/libx.so")]
    [DataRow("${PATHLIKE%%.*}", "/usr/local/lib/libx")]
    [DataRow("${VERSION#v}", "1.2.3-rc1")]
    [DataRow("${VERSION%-*}", "v1.2.3")]
    [DataRow("${VERSION#?}", "1.2.3-rc1")]
    [DataRow("${VERSION#x}", "v1.2.3-rc1")]
    [DataRow("${VERSION/./_}", "v1_2.3-rc1")]
    [DataRow("${VERSION//./_}", "v1_2_3-rc1")]
    [DataRow("${VERSION//[0-9]/}", "v1.2.3-rc1")]
    [DataRow("${VERSION/v*3/}", "-rc1")]
    [DataRow("${PATHLIKE/\\/usr/}", "/local/lib/libx.so.1")]
    [DataRow("${STAR#a\\*}", "b*c")]
    [DataRow("${STAR%\\*c}", "a*b")]
    [DataRow("${STAR//\\*/}", "abc")]
    [DataRow("${X//e/}", "valu")]
    [DataRow("${DE#Gr?}", "ße")]
    [DataRow("\"a ${SPACED} b\"", "a a b b")]
    public void A_word_expands_as_in_BuildKit(string word, string expected) =>
        Assert.AreEqual(expected, WordExpander.Expand(word, '\\', Variables.GetValueOrDefault));

    [TestMethod]
    [DataRow("`$X", "$X")]
    [DataRow("C:\\dir\\$X", "C:\\dir\\value")]
    [DataRow("\"`\"`$\"", "\"$")]
    public void Another_escape_character_leaves_backslashes_alone(string word, string expected) =>
        Assert.AreEqual(expected, WordExpander.Expand(word, '`', Variables.GetValueOrDefault));

    [TestMethod]
    [DataRow("'open", "single quote")]
    [DataRow("\"open", "double quote")]
    [DataRow("${X", "'}' is missing")]
    [DataRow("${", "'}' is missing")]
    [DataRow("${}", "bad substitution")]
    [DataRow("${{X}}", "bad substitution")]
    [DataRow("${:-x}", "bad substitution")]
    [DataRow("${X:-d", "'}' is missing")]
    [DataRow("${X:#d}", "unsupported modifier ':#'")]
    [DataRow("${X^^}", "unsupported modifier '^'")]
    [DataRow("${X/a}", "'/' is missing")]
    [DataRow("${X/a/b", "'}' is missing")]
    [DataRow("${X#\\a}", "invalid escape")]
    [DataRow("${GONE:?set it}", "GONE: set it")]
    [DataRow("${GONE?}", "GONE: is not allowed to be unset")]
    [DataRow("${EMPTY:?}", "EMPTY: is not allowed to be empty")]
    public void What_BuildKit_refuses_is_refused_with_the_reason(string word, string reason)
    {
        var exception = Assert.ThrowsExactly<ExpansionException>(() => WordExpander.Expand(word, '\\', Variables.GetValueOrDefault));
        StringAssert.Contains(exception.Message, reason);
    }

    [TestMethod]
    public void Names_that_nothing_sets_are_told()
    {
        var unmatched = new List<string>();
        WordExpander.Expand("$X ${GONE:-x} '$QUOTED' $OTHER", '\\', Variables.GetValueOrDefault, ExpansionModes.None, unmatched);
        CollectionAssert.AreEqual(new[] { "GONE", "OTHER" }, unmatched);
    }

    [TestMethod]
    [DataRow("a b", "a|b")]
    [DataRow(" a \t b ", "a|b")]
    [DataRow("'a b' c", "a b|c")]
    [DataRow("\"a b\"c d", "a bc|d")]
    [DataRow("a\\ b c", "a b|c")]
    [DataRow("$SPACED c", "a|b|c")]
    [DataRow("\"$SPACED\" c", "a b|c")]
    [DataRow("cat << EOF", "cat|<<EOF_")]
    public void Words_are_split_after_expansion(string text, string expected)
    {
        // The white space between << and its delimiter belongs to the word.
        string[] words = expected.Replace("<<EOF_", "<< EOF", StringComparison.Ordinal).Split('|');
        CollectionAssert.AreEqual(words, WordExpander.Split(text, '\\', Variables.GetValueOrDefault));
    }

    [TestMethod]
    [DataRow("aaa", "a*a", true, "")]
    [DataRow("aaa", "a*a", false, "a")]
    [DataRow("abcabc", "*b", false, "cabc")]
    [DataRow("abcabc", "*b", true, "c")]
    [DataRow("line\nnext", "*", true, "\nnext")]
    public void A_prefix_is_trimmed_by_its_shortest_or_longest_match(string value, string pattern, bool longest, string expected) =>
        Assert.AreEqual(expected, ShellPattern.Parse(pattern).TrimPrefix(value, longest));

    [TestMethod]
    [DataRow("abc", "", "-", false, "-abc")]
    [DataRow("abc", "", "-", true, "-a-b-c-")]
    [DataRow("abc", "*", "-", true, "-")]
    [DataRow("baaac", "a", "x", true, "bxxxc")]
    [DataRow("", "*", "x", true, "x")]
    public void A_replacement_replaces_the_first_or_every_match(string value, string pattern, string replacement, bool all, string expected) =>
        Assert.AreEqual(expected, ShellPattern.Parse(pattern).Replace(value, replacement, all));
}

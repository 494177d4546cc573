using System.Text.RegularExpressions;
using Devcontainer.Prebuild.Workflows;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Prebuild.Tests.Workflows;

[TestClass]
public sealed class WorkflowTextTests
{
    [TestMethod]
    [DataRow("plain")]
    [DataRow("")]
    [DataRow("with \"double\" and 'single' quotes")]
    [DataRow("back\\slash\\")]
    [DataRow("two\nlines\r\n\ttab")]
    [DataRow("\u0000\u0007\u001b[31m\u007f\u0085\u2028\u2029\ufeff\u202e\u2066")]
    [DataRow("- a: b # c, [d] {e} &f *g !h |i >j %k @l `m`")]
    [DataRow("日本 ünï 🐳")]
    [DataRow("${{ secrets.TOKEN }}")]
    [DataRow("it's ${{ '}}' }} twice ${{")]
    [DataRow("$ {{ }} $${{x")]
    public void A_text_stays_what_it_is(string text)
    {
        string quoted = WorkflowText.Value(text);
        Assert.DoesNotContain("\n", quoted);
        string scalar = Workflow.Scalar(new Workflow($"a: {quoted}\n").Root["a"]);
        Assert.AreEqual(text, Workflow.Literal(scalar));
        Assert.IsTrue(Workflow.Expressions(scalar).All(static expression => expression.StartsWith('\'') && expression.EndsWith('\'')), scalar);
    }

    [TestMethod]
    public void Whatever_the_text_it_stays_what_it_is() => Prop.ForAll(
        Gen.Elements("${{", "}}", "'", "\"", "\\", "\n", "\r", "#", ": ", "- ", "a", " ", "{{", "$", "é", "🐳", "\u2028").ArrayOf().Select(string.Concat).ToArbitrary(),
        static text => Workflow.Literal(Workflow.Scalar(new Workflow($"a: {WorkflowText.Value(text)}\n").Root["a"])) == text).QuickCheckThrowOnFailure();

    [TestMethod]
    [DataRow(".devcontainer", ".devcontainer")]
    [DataRow("a b/c-d_e.f", "a b/c-d_e.f")]
    [DataRow("!x", "*x")]
    [DataRow("a[b]c", "a*b*c")]
    [DataRow("what?*", "what*")]
    [DataRow("c++", "c*")]
    [DataRow("${{ x }}", "* x *")]
    [DataRow("a\nb", "a*b")]
    [DataRow("日本", "日本")]
    public void A_path_is_a_filter_that_matches_it(string path, string filter)
    {
        Assert.AreEqual(filter, WorkflowText.Filter(path));
        Assert.IsTrue(Regex.IsMatch(path, "^" + Regex.Escape(filter).Replace("\\*", "[^/]*", StringComparison.Ordinal) + "$", RegexOptions.Singleline));
    }

    [TestMethod]
    [DataRow("container", "container")]
    [DataRow("My App", "My-App")]
    [DataRow("${{ x }}", "x")]
    [DataRow("日本", "devcontainer")]
    [DataRow("..", "devcontainer")]
    public void A_name_is_plain(string name, string plain) => Assert.AreEqual(plain, WorkflowText.Plain(name));
}

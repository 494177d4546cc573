using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Devcontainer.Prebuild.Tests.Workflows;

/// <summary>A workflow as GitHub reads it: YAML by another's parser, and scalars as its runner takes them.</summary>
internal sealed partial class Workflow
{
    internal Workflow(string text)
    {
        Text = text;
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        Assert.HasCount(1, stream.Documents);
        Root = (YamlMappingNode)stream.Documents[0].RootNode;
    }

    internal string Text { get; }

    internal YamlMappingNode Root { get; }

    /// <summary>The jobs by name.</summary>
    internal Dictionary<string, YamlMappingNode> Jobs => Map(Root["jobs"]).ToDictionary(static job => job.Key, static job => (YamlMappingNode)job.Value);

    /// <summary>The steps of a job.</summary>
    internal IReadOnlyList<YamlMappingNode> Steps(string job) => [.. ((YamlSequenceNode)Jobs[job]["steps"]).Cast<YamlMappingNode>()];

    /// <summary>The commands of all jobs.</summary>
    internal IEnumerable<string> Commands =>
        Jobs.Keys.SelectMany(Steps).Where(static step => step.Children.ContainsKey("run")).Select(static step => Scalar(step["run"]));

    /// <summary>Texts of a list.</summary>
    internal static string[] List(YamlNode node) => [.. ((YamlSequenceNode)node).Select(Scalar)];

    /// <summary>Entries of a mapping.</summary>
    internal static Dictionary<string, YamlNode> Map(YamlNode node) => ((YamlMappingNode)node).ToDictionary(static e => Scalar(e.Key), static e => e.Value);

    /// <summary>Texts of a mapping, as <c>a: b, c: d</c>.</summary>
    internal static string Line(YamlNode node) => string.Join(", ", Map(node).Select(static e => $"{e.Key}: {Scalar(e.Value)}"));

    internal static string Scalar(YamlNode node) => ((YamlScalarNode)node).Value!;

    /// <summary>Every scalar of the document.</summary>
    internal IEnumerable<string> Scalars => Root.AllNodes.OfType<YamlScalarNode>().Select(static node => node.Value ?? string.Empty);

    /// <summary>The expressions of a scalar, found as actions/runner finds them (TemplateReader.ParseScalar): a string in one may have its end.</summary>
    internal static IReadOnlyList<string> Expressions(string scalar)
    {
        var expressions = new List<string>();
        for (int start = scalar.IndexOf("${{", StringComparison.Ordinal); start >= 0;)
        {
            bool inString = false;
            int i = start + 3;
            for (; i < scalar.Length && !(!inString && scalar[i] == '}' && scalar[i - 1] == '}'); i++)
            {
                inString ^= scalar[i] == '\'';
            }

            Assert.IsLessThan(scalar.Length, i, $"not closed: {scalar}");
            expressions.Add(scalar[(start + 3)..(i - 1)].Trim());
            start = scalar.IndexOf("${{", i, StringComparison.Ordinal);
        }

        return expressions;
    }

    /// <summary>What a scalar comes to that has no expression but a string at most.</summary>
    internal static string Literal(string scalar) =>
        Expressions(scalar) is [{ } only] && StringForm().Match(only) is { Success: true } match && scalar.StartsWith("${{", StringComparison.Ordinal)
            ? match.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal)
            : scalar;

    [GeneratedRegex(@"^'((?:[^']|'')*)'\z", RegexOptions.Singleline)]
    private static partial Regex StringForm();
}

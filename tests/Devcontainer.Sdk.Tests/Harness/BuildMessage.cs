using System.Globalization;
using System.Text.RegularExpressions;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>An error or a warning of a build, in MSBuild's canonical form: what editors and CI systems look for.</summary>
/// <param name="Kind"><c>error</c> or <c>warning</c>.</param>
/// <param name="Code">Its code.</param>
/// <param name="File">The file it is about, or the tool.</param>
/// <param name="Line">One-based line, or zero.</param>
/// <param name="Column">One-based column, or zero.</param>
/// <param name="Text">What it says, without the project.</param>
internal sealed partial record BuildMessage(string Kind, string Code, string File, int Line, int Column, string Text)
{
    internal const string Error = "error";
    internal const string Warning = "warning";

    /// <summary>The messages of an output, without its summary. A text of several lines stands there with the same beginning on each.</summary>
    internal static IReadOnlyList<BuildMessage> Parse(string output)
    {
        var messages = new List<BuildMessage>();
        foreach (string line in output.Split('\n').TakeWhile(static line => line.TrimEnd() is not ("Build FAILED." or "Build succeeded.")))
        {
            if (Form().Match(line.TrimEnd('\r')) is not { Success: true } match)
            {
                continue;
            }

            var message = new BuildMessage(
                match.Groups["kind"].Value,
                match.Groups["code"].Value,
                match.Groups["file"].Value,
                Number(match.Groups["line"]),
                Number(match.Groups["column"]),
                match.Groups["text"].Value);
            if (messages.Count > 0 && message.Text.StartsWith(' ') && messages[^1] with { Text = message.Text } == message)
            {
                messages[^1] = messages[^1] with { Text = messages[^1].Text + "\n" + message.Text };
            }
            else
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    private static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^\s*(?<file>[^\s].*?)(\((?<line>\d+)(,(?<column>\d+))?\))?\s?: (?<kind>error|warning) (?<code>[A-Z]+\d+): (?<text>.*?)( \[[^\]]*\])?$")]
    private static partial Regex Form();
}

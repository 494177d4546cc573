using System.Text.Json;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>What a program answered.</summary>
/// <param name="CommandLine">What was run.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    private IReadOnlyList<BuildMessage>? _messages;

    /// <summary>Errors and warnings, as a problem matcher reads them.</summary>
    internal IReadOnlyList<BuildMessage> Messages => _messages ??= [.. BuildMessage.Parse(Output), .. BuildMessage.Parse(Error)];

    /// <summary>The answer of <c>-getItem</c>, <c>-getProperty</c> and <c>-getTargetResult</c>.</summary>
    internal JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The lines of the output that have <paramref name="text"/>.</summary>
    internal IReadOnlyList<string> Lines(string text) =>
        [.. Output.Split('\n').Where(line => line.Contains(text, StringComparison.Ordinal)).Select(static line => line.Trim())];

    /// <summary>The items of an answer of <c>-getItem</c>: identity and metadata by name.</summary>
    internal IReadOnlyList<IReadOnlyDictionary<string, string>> Items(string name) =>
        [.. Json.GetProperty("Items").GetProperty(name).EnumerateArray().Select(Item)];

    /// <summary>The items that a target returned (<c>-getTargetResult</c>).</summary>
    internal IReadOnlyList<IReadOnlyDictionary<string, string>> Returned(string target) =>
        [.. Json.GetProperty("TargetResults").GetProperty(target).GetProperty("Items").EnumerateArray().Select(Item)];

    /// <summary>It ended well, and said nothing that a user would have to look at.</summary>
    internal CommandResult Succeeded()
    {
        Assert.AreEqual(0, ExitCode, Report);
        Assert.IsEmpty(Messages, Report);
        return this;
    }

    /// <summary>It ended well. At a high verbosity texts of other errors are shown, such as those in the parameters of a task.</summary>
    internal CommandResult EndedWell()
    {
        Assert.AreEqual(0, ExitCode, Report);
        return this;
    }

    /// <summary>It ended well, with exactly one warning, of this code.</summary>
    internal BuildMessage SucceededWithWarning(string code)
    {
        Assert.AreEqual(0, ExitCode, Report);
        return Only(BuildMessage.Warning, code);
    }

    /// <summary>It failed, with exactly one error, of this code, and nothing that looks like a defect.</summary>
    internal BuildMessage Failed(string code)
    {
        Assert.AreNotEqual(0, ExitCode, Report);
        Assert.DoesNotContain("   at Devcontainer.", Output + Error, Report);
        return Only(BuildMessage.Error, code);
    }

    /// <summary>All of it, for the message of a failed assertion.</summary>
    internal string Report => $"{CommandLine}\nexit code {ExitCode}\n{Output}{Error}";

    private BuildMessage Only(string kind, string code)
    {
        Assert.HasCount(1, Messages, Report);
        Assert.AreEqual((kind, code), (Messages[0].Kind, Messages[0].Code), Report);
        return Messages[0];
    }

    private static Dictionary<string, string> Item(JsonElement item) =>
        item.EnumerateObject().ToDictionary(static m => m.Name, static m => m.Value.GetString()!, StringComparer.Ordinal);
}

using System.Globalization;

namespace Devcontainer.Prebuild.CI;

/// <summary>What the names of git's references say.</summary>
internal static class GitRef
{
    /// <summary>The branch that <c>refs/heads/…</c> names; null for any other reference.</summary>
    internal static string? Branch(string? reference) => After(reference, "refs/heads/");

    /// <summary>The tag that <c>refs/tags/…</c> names; null for any other reference.</summary>
    internal static string? Tag(string? reference) => After(reference, "refs/tags/");

    /// <summary>The number that <c>refs/pull/…</c> has; null for any other reference.</summary>
    internal static long? PullRequest(string? reference) => Number(After(reference, "refs/pull/")?.Split('/')[0]);

    /// <summary>A number in plain digits, or null.</summary>
    internal static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>A commit's name in lower case, or null where the text is none: SHA-1 or SHA-256, all its digits.</summary>
    internal static string? Commit(string? text) =>
        text is { Length: 40 or 64 } && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;

    /// <summary>What stands after a beginning; null where nothing does.</summary>
    internal static string? After(string? text, string beginning) =>
        text is not null && text.Length > beginning.Length && text.StartsWith(beginning, StringComparison.Ordinal) ? text[beginning.Length..] : null;
}

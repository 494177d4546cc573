using System.Globalization;
using System.Text.RegularExpressions;

namespace Devcontainer.Prebuild.Tags;

/// <summary>A version of Semantic Versioning 2.0.0, as a tag of git names it, with <c>v</c> before it or without.</summary>
/// <param name="Major">X of X.Y.Z.</param>
/// <param name="Minor">Y.</param>
/// <param name="Patch">Z.</param>
/// <param name="PreRelease">What follows a hyphen; empty for a release.</param>
/// <param name="Build">What follows a plus; empty for none.</param>
internal sealed partial record ReleaseVersion(long Major, long Minor, long Patch, string PreRelease, string Build)
{
    /// <summary>Whether it is a release rather than something before one.</summary>
    internal bool IsRelease => PreRelease.Length == 0;

    /// <summary>X.Y.Z.</summary>
    internal string Release => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");

    /// <summary>All of it. A tag cannot have a plus; an underscore stands for it, as in the tags of Helm charts.</summary>
    internal string Full => Release + (IsRelease ? string.Empty : "-" + PreRelease) + (Build.Length == 0 ? string.Empty : "_" + Build);

    /// <summary>Reads a tag's name; null where it is no version.</summary>
    internal static ReleaseVersion? TryParse(string tag) =>
        Form().Match(tag) is { Success: true } match
        && TryNumber(match.Groups[1], out long major) && TryNumber(match.Groups[2], out long minor) && TryNumber(match.Groups[3], out long patch)
            ? new ReleaseVersion(major, minor, patch, match.Groups[4].Value, match.Groups[5].Value)
            : null;

    /// <summary>Whether another release comes after this one.</summary>
    internal bool IsBefore(ReleaseVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch)) < 0;

    private static bool TryNumber(Group group, out long number) => long.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex(
        @"^[vV]?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)" +
        @"(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?" +
        @"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

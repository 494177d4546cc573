using System.Text.RegularExpressions;
using Devcontainer.Prebuild.Tags;

namespace Devcontainer.Prebuild.Build;

/// <summary>The tags of the team's build cache: <c>cache-&lt;os&gt;-&lt;arch&gt;</c> of the default branch, <c>cache-&lt;branch&gt;-&lt;os&gt;-&lt;arch&gt;</c> of another.</summary>
internal static partial class CacheTag
{
    private const string Name = "cache";

    // What else is in a tag: the word before it, and a platform.
    private const int LongestBranch = 80;

    /// <summary>The tag without its platform.</summary>
    /// <param name="branch">The branch; null for the default one.</param>
    internal static string Of(string? branch) => branch is null ? Name : $"{Name}-{TagName.Of(branch, "branch", LongestBranch)}";

    /// <summary>Whether a tag has the form of a cache's.</summary>
    internal static bool Is(string tag) => Form().IsMatch(tag);

    /// <summary>Whether a tag has the form of the cache of a branch that is not the default one.</summary>
    internal static bool IsOfBranch(string tag) => Form().Match(tag).Groups["branch"].Success;

    [GeneratedRegex(@"^cache-(?:(?<branch>.+)-)?linux-[a-z0-9]+(?:-v[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

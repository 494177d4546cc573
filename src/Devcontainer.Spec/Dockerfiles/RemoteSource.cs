namespace Devcontainer.Spec.Dockerfiles;

/// <summary>Sources of ADD that are fetched and no part of the build context.</summary>
internal static class RemoteSource
{
    private static readonly string[] Schemes = ["http://", "https://", "git://", "ssh://"];

    /// <summary>
    /// Whether <paramref name="source"/> is a URL or a git reference; what could be a path as well is a path
    /// (moby/buildkit <c>frontend/dockerfile/dfgitutil/git_ref.go</c>, <c>util/sshutil/scpurl.go</c>).
    /// </summary>
    public static bool IsRemote(ReadOnlySpan<char> source)
    {
        foreach (string scheme in Schemes)
        {
            if (source.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        // user@host:path
        int at = source.IndexOf('@');
        int colon = at < 0 ? -1 : source[at..].IndexOf(':');
        return at > 0
            && colon > 1
            && !source[..at].ContainsAnyExcept(UserCharacters)
            && !source.Slice(at + 1, colon - 1).ContainsAnyExcept(HostCharacters);
    }

    private static readonly System.Buffers.SearchValues<char> UserCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    private static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
}

namespace Devcontainer.Prebuild;

/// <summary>The user's cache: what is fetched once a machine.</summary>
internal static class UserCache
{
    /// <summary>The folder of one kind of content.</summary>
    /// <param name="environment">The environment: <c>XDG_CACHE_HOME</c> and the home (XDG base directory specification).</param>
    /// <param name="kind">The kind, as <c>features</c>.</param>
    internal static string FolderOf(IReadOnlyDictionary<string, string> environment, string kind)
    {
        string root = Rooted("XDG_CACHE_HOME")
            ?? (OperatingSystem.IsWindows() ? Rooted("LOCALAPPDATA")
                : Rooted("HOME") is { } home ? Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache")
                : null)
            ?? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(root, "devcontainer-sdk", kind);

        string? Rooted(string name) => environment.TryGetValue(name, out string? path) && Path.IsPathFullyQualified(path) ? path : null;
    }
}

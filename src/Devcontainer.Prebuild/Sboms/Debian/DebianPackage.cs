namespace Devcontainer.Prebuild.Sboms.Debian;

/// <summary>A package that dpkg lists as there.</summary>
/// <param name="Name">Name.</param>
/// <param name="Version">Version, with epoch and revision.</param>
/// <param name="Architecture">Architecture, <c>all</c> included.</param>
/// <param name="Source">Name of the source package.</param>
/// <param name="SourceVersion">Version of the source package.</param>
/// <param name="Maintainer">Maintainer; null if not given.</param>
/// <param name="Summary">First line of the description; null if not given.</param>
/// <param name="Homepage">Web site; null if not given.</param>
internal sealed record DebianPackage(
    string Name, string Version, string Architecture, string Source, string SourceVersion, string? Maintainer, string? Summary, string? Homepage)
{
    /// <summary>Reads a list of packages: dpkg's status file, or a file of a distroless image's <c>status.d</c>.</summary>
    /// <param name="content">The file.</param>
    /// <param name="hasStates">Whether it is dpkg's own, where each package has a state and only some are there.</param>
    /// <returns>The packages, or <see cref="Unreadable"/>.</returns>
    internal static object ReadList(ReadOnlySpan<byte> content, bool hasStates)
    {
        if (!ControlFile.TryParse(content, out IReadOnlyList<IReadOnlyDictionary<string, string>>? paragraphs, out string? reason))
        {
            return new Unreadable(reason);
        }

        var packages = new List<DebianPackage>(paragraphs.Count);
        foreach (IReadOnlyDictionary<string, string> fields in paragraphs)
        {
            if (!fields.TryGetValue("Package", out string? name) || name.Length == 0)
            {
                return new Unreadable("a paragraph names no package");
            }

            if (hasStates && !IsThere(fields.GetValueOrDefault("Status", "")))
            {
                continue;
            }

            if (!fields.TryGetValue("Version", out string? version) || version.Length == 0)
            {
                return new Unreadable($"the package '{name}' has no version");
            }

            packages.Add(Read(name, version, fields));
        }

        return packages;
    }

    // "want flag state" (dpkg(1), "Package states"). The state alone says whether files are there: a package on hold is installed too, and so is
    // one that is to be removed but has not been yet; "config-files" is one that was.
    private static bool IsThere(string status)
    {
        string[] words = status.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is [_, _, "installed" or "unpacked" or "half-configured" or "triggers-awaited" or "triggers-pending"];
    }

    private static DebianPackage Read(string name, string version, IReadOnlyDictionary<string, string> fields)
    {
        // "Source: name (version)", the version only where it is another one, and none of it where all is the same.
        string source = fields.GetValueOrDefault("Source", "");
        string sourceVersion = version;
        int open = source.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0)
        {
            sourceVersion = source[(open + 1)..].TrimEnd(')', ' ').Trim();
            source = source[..open].Trim();
        }

        string? description = fields.GetValueOrDefault("Description");
        int line = description?.IndexOf('\n', StringComparison.Ordinal) ?? -1;
        return new DebianPackage(
            name,
            version,
            fields.GetValueOrDefault("Architecture", ""),
            source.Length == 0 ? name : source,
            sourceVersion,
            fields.GetValueOrDefault("Maintainer"),
            line < 0 ? description : description![..line],
            fields.GetValueOrDefault("Homepage"));
    }
}

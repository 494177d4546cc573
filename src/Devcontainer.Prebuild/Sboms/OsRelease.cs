using System.Text;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>Which operating system an image is of (os-release(5)).</summary>
/// <param name="Id">Its identifier in lower case: <c>debian</c>.</param>
/// <param name="VersionId">Its version, <c>12</c>; empty for a rolling or unreleased one.</param>
/// <param name="Codename">The version's name, <c>bookworm</c>; empty where there is none.</param>
/// <param name="PrettyName">Its name for people; empty where there is none.</param>
internal sealed record OsRelease(string Id, string VersionId, string Codename, string PrettyName)
{
    // In this order (os-release(5)).
    private static readonly string[] Paths = ["etc/os-release", "usr/lib/os-release"];

    /// <summary>For the <c>distro</c> of package URLs: <c>debian-12</c>, as other tools write it; null where the version has no name at all.</summary>
    public string? Distro => VersionId.Length > 0 ? $"{Id}-{VersionId}" : Codename.Length > 0 ? $"{Id}-{Codename}" : null;

    /// <summary>The image's; null where it has none.</summary>
    internal static OsRelease? Of(ImageFiles files)
    {
        foreach (string path in Paths)
        {
            if (files.Find<OsRelease>(path) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    internal static bool IsPath(string path) => Array.IndexOf(Paths, path) >= 0;

    /// <summary>Reads the file; what is no assignment in it is skipped, as its readers are told to.</summary>
    internal static OsRelease Parse(ReadOnlySpan<byte> content)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (ReadOnlySpan<char> raw in Encoding.UTF8.GetString(content).AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim();
            int equals = line.IndexOf('=');
            if (equals > 0 && line[0] != '#')
            {
                values[line[..equals].ToString()] = Unquote(line[(equals + 1)..]);
            }
        }

        string id = values.GetValueOrDefault("ID", "");
        return new OsRelease(
            id.Length == 0 ? "linux" : id.ToLowerInvariant(),
            values.GetValueOrDefault("VERSION_ID", ""),
            values.GetValueOrDefault("VERSION_CODENAME", ""),
            values.GetValueOrDefault("PRETTY_NAME", ""));
    }

    // Quotes and backslashes as in a shell.
    private static string Unquote(ReadOnlySpan<char> value)
    {
        char quote = value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[0] : '\0';
        if (quote != '\0')
        {
            value = value[1..^1];
        }

        if (quote == '\'')
        {
            return value.ToString();
        }

        var text = new StringBuilder(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            text.Append(value[i] == '\\' && i + 1 < value.Length ? value[++i] : value[i]);
        }

        return text.ToString();
    }
}

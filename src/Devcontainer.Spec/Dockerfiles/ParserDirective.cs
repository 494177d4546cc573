namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// <c># name=value</c> lines at the very beginning of a Dockerfile
/// (moby/buildkit <c>frontend/dockerfile/parser/directives.go</c>).
/// </summary>
internal static class ParserDirective
{
    public const string Syntax = "syntax";
    public const string Escape = "escape";
    public const string Check = "check";

    /// <summary>Reads one line, without its end, that may be a directive; <paramref name="name"/> is in lower case.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, ReadOnlySpan<char> comment, out string name, out string value)
    {
        name = value = string.Empty;
        if (!line.StartsWith(comment, StringComparison.Ordinal))
        {
            return false;
        }

        line = line[comment.Length..].Trim();
        int equals = line.IndexOf('=');
        if (equals <= 0)
        {
            return false;
        }

        ReadOnlySpan<char> key = line[..equals].TrimEnd();
        ReadOnlySpan<char> rest = line[(equals + 1)..].TrimStart();
        if (rest.IsEmpty)
        {
            return false;
        }

        foreach (string known in (ReadOnlySpan<string>)[Syntax, Escape, Check])
        {
            if (key.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                name = known;
                value = rest.ToString();
                return true;
            }
        }

        return false;
    }
}

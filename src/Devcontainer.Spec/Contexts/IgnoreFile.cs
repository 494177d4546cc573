using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// The patterns of a .dockerignore: what of a folder is no part of the build context
/// (moby/patternmatcher <c>patternmatcher.go</c>, <c>ignorefile/ignorefile.go</c>; tonistiigi/fsutil <c>filter.go</c>).
/// </summary>
/// <remarks>It may well exclude the Dockerfile and itself: the engine gets both by another way.</remarks>
public sealed class IgnoreFile
{
    private readonly IgnorePattern[] patterns;
    private readonly string[]? exceptionPrefixes;

    private IgnoreFile(IgnorePattern[] patterns, string? path)
    {
        this.patterns = patterns;
        Path = path;
        var exceptions = new List<string>();
        foreach (IgnorePattern pattern in patterns)
        {
            if (!pattern.IsException)
            {
                continue;
            }

            HasExceptions = true;
            if (pattern.FixedPrefix is not { } prefix)
            {
                // An exception with a wildcard can match inside any folder.
                exceptionPrefixes = null;
                return;
            }

            exceptions.Add(prefix);
        }

        exceptionPrefixes = [.. exceptions];
    }

    /// <summary>Ignores nothing.</summary>
    public static IgnoreFile None { get; } = new([], null);

    /// <summary>The file that was read; null where there was none.</summary>
    public string? Path { get; }

    /// <summary>Whether any pattern takes something back in.</summary>
    public bool HasExceptions { get; }

    /// <summary>Reads <c>&lt;Dockerfile&gt;.dockerignore</c>, or else <c>.dockerignore</c> at the root of the context.</summary>
    /// <param name="contextRoot">The folder of the context.</param>
    /// <param name="dockerfile">The Dockerfile's path; null where there is none.</param>
    /// <exception cref="DevcontainerException">DEVC1003: it cannot be read. DEVC3001: a pattern is malformed.</exception>
    public static IgnoreFile Load(string contextRoot, string? dockerfile)
    {
        string own = dockerfile + ".dockerignore";
        string path = dockerfile is not null && File.Exists(own) ? own : System.IO.Path.Combine(contextRoot, ".dockerignore");
        if (!File.Exists(path))
        {
            return None;
        }

        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(path), path, exception.Message), exception);
        }
    }

    /// <summary>Reads the text of an ignore file.</summary>
    /// <exception cref="DevcontainerException">DEVC3001: a pattern is malformed.</exception>
    public static IgnoreFile Parse(string text, string? path = null)
    {
        var patterns = new List<IgnorePattern>();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().TrimStart('\uFEFF').EnumerateLines())
        {
            number++;
            if (raw.StartsWith('#'))
            {
                continue;
            }

            ReadOnlySpan<char> line = raw.Trim();
            if (line.IsEmpty)
            {
                continue;
            }

            bool exception = line[0] == '!';
            line = exception ? line[1..].Trim() : line;
            string pattern = line.IsEmpty ? string.Empty : GoPath.Clean(line);
            pattern = pattern.Length > 1 && pattern[0] == '/' ? pattern[1..] : pattern;
            if (pattern.Length == 0 || !GoPath.IsValidPattern(pattern))
            {
                throw new DevcontainerException(Codes.IgnorePatternInvalid, new SourceLocation(path, number, 1), raw.Trim().ToString());
            }

            patterns.Add(new IgnorePattern(pattern, exception));
        }

        return new IgnoreFile([.. patterns], path);
    }

    /// <summary>The patterns of <c>--exclude</c> flags, which follow the same rules but are not cleaned of a leading slash.</summary>
    /// <returns>Null where a pattern is malformed: the engine says so.</returns>
    internal static IgnoreFile? FromPatterns(IReadOnlyList<string> texts)
    {
        var patterns = new List<IgnorePattern>(texts.Count);
        foreach (string text in texts)
        {
            if (text.AsSpan().Trim().IsEmpty)
            {
                continue;
            }

            string pattern = GoPath.Clean(text.AsSpan().Trim());
            bool exception = pattern[0] == '!';
            pattern = exception ? pattern[1..] : pattern;
            if (pattern.Length == 0 || !GoPath.IsValidPattern(pattern))
            {
                return null;
            }

            patterns.Add(new IgnorePattern(pattern, exception));
        }

        return new IgnoreFile([.. patterns], null);
    }

    /// <summary>Whether <paramref name="path"/> is ignored, by itself or through a folder above it.</summary>
    /// <param name="path">Relative to the context, with <c>/</c>.</param>
    public bool IsIgnored(string path)
    {
        IgnoreState state = default;
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            state = Match(path[..slash], state);
        }

        return Match(path, state).IsIgnored;
    }

    /// <summary>Matches a path whose parent folder was matched before.</summary>
    internal IgnoreState Match(string path, IgnoreState parent)
    {
        bool ignored = false;
        bool[]? matched = null;
        for (int i = 0; i < patterns.Length; i++)
        {
            // What matches a folder matches all that is in it; a later pattern decides over an earlier one.
            bool match = parent.Matched is not null && parent.Matched[i];
            if (!match)
            {
                if (patterns[i].IsException != ignored)
                {
                    continue;
                }

                match = patterns[i].IsMatch(path);
            }

            if (match)
            {
                (matched ??= new bool[patterns.Length])[i] = true;
                ignored = !patterns[i].IsException;
            }
        }

        return new IgnoreState(ignored, matched);
    }

    /// <summary>Whether an exception may take back in something below an ignored folder; if not, it need not be read at all.</summary>
    internal bool MayContainExceptions(string folder)
    {
        if (!HasExceptions)
        {
            return false;
        }

        if (exceptionPrefixes is null)
        {
            return true;
        }

        foreach (string prefix in exceptionPrefixes)
        {
            if (prefix.StartsWith(folder, StringComparison.Ordinal) && (prefix.Length == folder.Length || prefix[folder.Length] == '/'))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Whether a path is ignored, and by which patterns, for the paths below it.</summary>
internal readonly record struct IgnoreState(bool IsIgnored, bool[]? Matched);

using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>One instruction's text, its continuation lines joined.</summary>
internal readonly record struct LogicalLine(string Text, int Line, int Column);

/// <summary>
/// Reads a Dockerfile line by line: byte order mark, parser directives, comments and continuation lines
/// (moby/buildkit <c>frontend/dockerfile/parser/parser.go</c>).
/// </summary>
internal sealed class LogicalLines
{
    private readonly string text;
    private readonly string? file;
    private int position;
    private bool directivesEnded;
    private bool escapeSeen, syntaxSeen, checkSeen;

    public LogicalLines(string text, string? file)
    {
        this.text = text;
        this.file = file;
        position = text.StartsWith('\uFEFF') ? 1 : 0;
    }

    /// <summary>The character that escapes and continues lines: a backslash, or what the <c>escape</c> directive says.</summary>
    public char Escape { get; private set; } = '\\';

    /// <summary>The number of the line read last.</summary>
    public int LineNumber { get; private set; }

    /// <summary>The index of the continuation character that nothing follows, at the end of the file; -1 where it ends well.</summary>
    public int OpenContinuation { get; private set; } = -1;

    /// <summary>Reads to the end of the next instruction; false at the end of the file.</summary>
    public bool Read(out LogicalLine line)
    {
        var joined = new StringBuilder();
        while (ReadRaw(out ReadOnlySpan<char> raw))
        {
            ReadOnlySpan<char> trimmed = raw.TrimEnd("\r\n");
            ReadOnlySpan<char> content = trimmed.TrimStart();
            ReadDirective(content);
            if (content.IsEmpty || content[0] == '#')
            {
                continue;
            }

            int first = LineNumber;
            int column = trimmed.Length - content.Length + 1;
            int start = position - raw.Length + column - 1;
            bool continues = TrimContinuation(ref content);
            int continuation = start + content.Length;
            joined.Append(content);
            while (continues && ReadRaw(out raw))
            {
                ReadOnlySpan<char> next = raw.TrimEnd("\r\n");
                ReadOnlySpan<char> visible = next.TrimStart();
                if (visible.IsEmpty || visible[0] == '#')
                {
                    continue;
                }

                continues = TrimContinuation(ref next);
                continuation = position - raw.Length + next.Length;
                joined.Append(next);
            }

            OpenContinuation = continues ? continuation : -1;

            line = new LogicalLine(joined.ToString(), first, column);
            return true;
        }

        line = default;
        return false;
    }

    /// <summary>Reads the next line as it is, its end included; false at the end of the file.</summary>
    public bool ReadRaw(out ReadOnlySpan<char> line)
    {
        line = default;
        if (position >= text.Length)
        {
            return false;
        }

        int end = text.IndexOf('\n', position);
        end = end < 0 ? text.Length : end + 1;
        line = text.AsSpan(position, end - position);
        position = end;
        LineNumber++;
        return true;
    }

    /// <summary>Drops a continuation character at the end; an escaped one is none.</summary>
    private bool TrimContinuation(ref ReadOnlySpan<char> line)
    {
        ReadOnlySpan<char> trimmed = line.TrimEnd(" \t");
        if (trimmed.IsEmpty || trimmed[^1] != Escape || (trimmed.Length > 1 && trimmed[^2] == Escape))
        {
            return false;
        }

        line = trimmed[..^1];
        return true;
    }

    /// <summary>Directives are the first lines only; anything else ends them.</summary>
    private void ReadDirective(ReadOnlySpan<char> line)
    {
        if (directivesEnded)
        {
            return;
        }

        if (!ParserDirective.TryParse(line, "#", out string name, out string value))
        {
            directivesEnded = true;
            return;
        }

        ref bool seen = ref escapeSeen;
        switch (name)
        {
            case ParserDirective.Syntax:
                seen = ref syntaxSeen;
                break;
            case ParserDirective.Check:
                seen = ref checkSeen;
                break;
        }

        if (seen)
        {
            throw new DevcontainerException(
                Codes.DockerfileDirectiveInvalid, new SourceLocation(file, LineNumber, 1), $"the parser directive '{name}' stands twice");
        }

        seen = true;
        if (name == ParserDirective.Escape)
        {
            if (value is not ("\\" or "`"))
            {
                throw new DevcontainerException(
                    Codes.DockerfileDirectiveInvalid,
                    new SourceLocation(file, LineNumber, 1),
                    $"the escape character can be \\ or `, not '{value}'");
            }

            Escape = value[0];
        }
    }
}

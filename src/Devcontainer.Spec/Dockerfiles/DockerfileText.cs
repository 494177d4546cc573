namespace Devcontainer.Spec.Dockerfiles;

/// <summary>The few changes that a user's Dockerfile gets before it is built; every instruction stays on its line.</summary>
internal static class DockerfileText
{
    /// <summary>
    /// The text to build: without a <c>syntax</c> line that names the official frontend, since the engine's own stands for it; with a name for
    /// the last stage; and ending where an instruction ends, so that others can follow.
    /// </summary>
    /// <param name="document">The Dockerfile.</param>
    /// <param name="lastStageName">A name for the last stage, which has none; null to give it none.</param>
    public static string ForBuild(DockerfileDocument document, string? lastStageName)
    {
        bool dropsFrontend = document.Frontend is { IsOfficial: true };
        if (!dropsFrontend && lastStageName is null && document.OpenContinuation < 0)
        {
            return document.Text;
        }

        // Behind the text first, so that places before it stay right.
        string text = document.OpenContinuation < 0 ? document.Text : document.Text.Remove(document.OpenContinuation, 1);
        string mark = text.StartsWith('\uFEFF') ? "\uFEFF" : string.Empty;
        List<string> lines = Split(text[mark.Length..]);
        if (lastStageName is not null)
        {
            NameStage(lines, document.Stages[^1].From, lastStageName, document.Escape);
        }

        if (dropsFrontend)
        {
            DropFrontend(lines, document.Frontend!.Location.Line - 1);
        }

        return mark + string.Concat(lines);
    }

    /// <summary>
    /// Makes a comment of the line. A comment ends the directives, so any others move up before it.
    /// </summary>
    private static void DropFrontend(List<string> lines, int index)
    {
        string end = LineEnd(lines[index]);
        int last = index;
        for (int i = 0; i < lines.Count && ParserDirective.TryParse(lines[i].AsSpan().Trim(), "#", out _, out _); i++)
        {
            last = Math.Max(last, i);
        }

        for (int i = index; i < last; i++)
        {
            lines[i] = WithEnd(lines[i + 1], LineEnd(lines[i]));
        }

        lines[last] = "# (the engine's own frontend reads this file)" + (last == index ? end : LineEnd(lines[last]));
    }

    private static void NameStage(List<string> lines, FromInstruction from, string name, char escape)
    {
        int first = from.Location.Line - 1;
        int last = from.EndLine - 1;
        string line = lines[first];
        string end = LineEnd(line);
        if (first == last && !line.Contains(escape, StringComparison.Ordinal))
        {
            lines[first] = $"{line.TrimEnd()} AS {name}{end}";
            return;
        }

        // Over several lines: put it into the first and keep the number of lines.
        string platform = from.Platform is { } given ? $"--platform={given} " : string.Empty;
        lines[first] = $"FROM {platform}{from.BaseName} AS {name}{end}";
        for (int i = first + 1; i <= last; i++)
        {
            lines[i] = "#" + LineEnd(lines[i]);
        }
    }

    private static List<string> Split(string text)
    {
        var lines = new List<string>();
        int start = 0;
        while (start < text.Length)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }

    private static string LineEnd(string line) => line[line.AsSpan().TrimEnd("\r\n").Length..];

    private static string WithEnd(string line, string end) => string.Concat(line.AsSpan().TrimEnd("\r\n"), end);
}

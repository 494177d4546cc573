using System.Globalization;
using System.Text;
using System.Text.Json;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Build;

/// <summary>
/// Follows a build through buildx's <c>--progress=rawjson</c> (one BuildKit <c>SolveStatus</c> a line, moby/buildkit <c>client/graph.go</c>): says each
/// instruction as it ends, keeps the last lines of each one's output for the case that it fails, and counts what was cached.
/// </summary>
internal sealed class BuildProgress(IReadOnlyDictionary<string, string> platformsByTarget, IBuildReporter reporter)
{
    private const int KeptLogLines = 40;

    private readonly Dictionary<string, Vertex> _vertices = new(StringComparer.Ordinal);
    private readonly List<BuildStep> _steps = [];
    private readonly List<string> _plainLines = [];

    /// <summary>The instructions that ended, in order of ending.</summary>
    internal IReadOnlyList<BuildStep> Steps => _steps;

    /// <summary>The instruction that failed, or null.</summary>
    internal FailedStep? Failure { get; private set; }

    /// <summary>What buildx wrote beside its events: its own errors. The last ones are kept.</summary>
    internal IReadOnlyList<string> PlainLines => _plainLines;

    /// <summary>Takes one line of buildx's standard error.</summary>
    internal void Accept(string line)
    {
        if (line.Length == 0 || line[0] != '{')
        {
            KeepPlain(line);
            return;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            KeepPlain(line);
            return;
        }

        using (document)
        {
            if (document.RootElement.TryGetProperty("vertexes", out JsonElement vertexes) && vertexes.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement vertex in vertexes.EnumerateArray())
                {
                    AcceptVertex(vertex);
                }
            }

            if (document.RootElement.TryGetProperty("logs", out JsonElement logs) && logs.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement log in logs.EnumerateArray())
                {
                    AcceptLog(log);
                }
            }
        }
    }

    private void AcceptVertex(JsonElement element)
    {
        string digest = Text(element, "digest");
        if (!_vertices.TryGetValue(digest, out Vertex? vertex))
        {
            vertex = Vertex.Read(Text(element, "name"), platformsByTarget);
            _vertices.Add(digest, vertex);
        }

        vertex.Started ??= Time(element, "started");
        vertex.Cached |= element.TryGetProperty("cached", out JsonElement cached) && cached.ValueKind == JsonValueKind.True;
        string error = Text(element, "error");
        if (error.Length > 0 && Failure is null && !error.Contains("context canceled", StringComparison.Ordinal))
        {
            Failure = new FailedStep(vertex.Platform, vertex.Name, vertex.FullName, error, vertex.LogLines);
        }

        if (!vertex.Done && Time(element, "completed") is { } completed && error.Length == 0)
        {
            vertex.Done = true;
            if (vertex.IsInstruction)
            {
                Complete(vertex, completed);
            }
        }
    }

    private void Complete(Vertex vertex, DateTimeOffset completed)
    {
        double seconds = vertex.Cached || vertex.Started is null ? 0 : Math.Max(0, (completed - vertex.Started.Value).TotalSeconds);
        _steps.Add(new BuildStep(vertex.Platform, vertex.Name, vertex.Cached, Math.Round(seconds, 3)));
        string outcome = vertex.Cached ? "cached" : string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");
        reporter.Status($"  {vertex.Platform}  {vertex.Name}  {outcome}");
    }

    private void AcceptLog(JsonElement element)
    {
        if (!_vertices.TryGetValue(Text(element, "vertex"), out Vertex? vertex)
            || !element.TryGetProperty("data", out JsonElement data)
            || data.ValueKind != JsonValueKind.String
            || !data.TryGetBytesFromBase64(out byte[]? bytes))
        {
            return;
        }

        foreach (string line in vertex.AppendLog(Encoding.UTF8.GetString(bytes), KeptLogLines))
        {
            reporter.Detail($"    {vertex.Platform}  {line}");
        }
    }

    private void KeepPlain(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        if (_plainLines.Count == KeptLogLines)
        {
            _plainLines.RemoveAt(0);
        }

        _plainLines.Add(line);
        reporter.Detail(line);
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out DateTimeOffset time)
            ? time
            : null;

    private sealed class Vertex
    {
        private readonly StringBuilder _partialLine = new();

        internal required string FullName { get; init; }

        internal required string Name { get; init; }

        internal required string Platform { get; init; }

        internal required bool IsInstruction { get; init; }

        internal Queue<string> LogLines { get; } = new();

        internal DateTimeOffset? Started { get; set; }

        internal bool Cached { get; set; }

        internal bool Done { get; set; }

        /// <summary>Reads a name like <c>[linux-amd64 stage 2/5] RUN …</c>; with one target buildx leaves its name out.</summary>
        internal static Vertex Read(string name, IReadOnlyDictionary<string, string> platformsByTarget)
        {
            string platform = string.Empty;
            string text = name;
            bool instruction = false;
            if (name.StartsWith('[') && name.IndexOf(']', StringComparison.Ordinal) is > 0 and int end)
            {
                text = name[(end + 1)..].TrimStart();
                string first = name[1..end].Split(' ', 2)[0];
                if (platformsByTarget.TryGetValue(first, out string? known))
                {
                    platform = known;
                }

                instruction = StepName.IsInstruction(text) && !name[..end].Contains(PrebuildDockerfile.InternalStagePrefix, StringComparison.Ordinal);
            }

            if (platform.Length == 0 && platformsByTarget.Count == 1)
            {
                foreach (string only in platformsByTarget.Values)
                {
                    platform = only;
                }
            }

            return new Vertex { FullName = name, Name = StepName.Shorten(text), Platform = platform, IsInstruction = instruction };
        }

        /// <summary>Adds output and returns the lines that are whole now.</summary>
        internal List<string> AppendLog(string data, int kept)
        {
            var lines = new List<string>();
            foreach (char c in data)
            {
                if (c == '\n')
                {
                    string line = _partialLine.ToString().TrimEnd('\r');
                    _partialLine.Clear();
                    lines.Add(line);
                    LogLines.Enqueue(line);
                    if (LogLines.Count > kept)
                    {
                        LogLines.Dequeue();
                    }
                }
                else if (_partialLine.Length < 4096)
                {
                    _partialLine.Append(c);
                }
            }

            return lines;
        }
    }
}

/// <summary>The instruction that ended a build.</summary>
/// <param name="Platform">Its platform.</param>
/// <param name="Name">Its name, shortened.</param>
/// <param name="FullName">Its name as the engine gives it.</param>
/// <param name="Error">The engine's words.</param>
/// <param name="LogLines">The last lines of its output; more may still come while the build ends.</param>
internal sealed record FailedStep(string Platform, string Name, string FullName, string Error, IReadOnlyCollection<string> LogLines);

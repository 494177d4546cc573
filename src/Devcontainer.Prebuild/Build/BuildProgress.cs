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
    private readonly List<BuildTransfer> _transfers = [];
    private readonly List<string> _plainLines = [];
    private Vertex? _failed;

    /// <summary>The instructions that ended, in order of ending.</summary>
    internal IReadOnlyList<BuildStep> Steps => _steps;

    /// <summary>The images and caches that were read and written, in order of ending.</summary>
    internal IReadOnlyList<BuildTransfer> Transfers => _transfers;

    /// <summary>The instruction that failed, with its output so far; or null.</summary>
    internal FailedStep? Failure =>
        _failed is { } vertex ? new FailedStep(vertex.Platform, vertex.Name, vertex.FullName, vertex.Error, vertex.LastLines()) : null;

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
                foreach (JsonElement vertex in vertexes.EnumerateArray().Where(IsObject))
                {
                    AcceptVertex(vertex);
                }
            }

            if (document.RootElement.TryGetProperty("logs", out JsonElement logs) && logs.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement log in logs.EnumerateArray().Where(IsObject))
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
        if (error.Length > 0
            && _failed is null
            && !error.Contains("context canceled", StringComparison.Ordinal)
            && vertex.Transfer is not TransferKind.CacheImport)
        {
            vertex.Error = error;
            _failed = vertex;
        }

        if (vertex.Done || Time(element, "completed") is not { } completed)
        {
            return;
        }

        double seconds = vertex.Cached || vertex.Started is null ? 0 : Math.Round(Math.Max(0, (completed - vertex.Started.Value).TotalSeconds), 3);
        if (vertex.Transfer is { } kind)
        {
            vertex.Done = true;
            _transfers.Add(new BuildTransfer(vertex.Platform, kind, BuildTransfer.PlaceOf(vertex.FullName, kind), seconds, Succeeded: error.Length == 0));
        }
        else if (error.Length == 0)
        {
            vertex.Done = true;
            if (vertex.IsInstruction)
            {
                Complete(vertex, seconds);
            }
        }
    }

    private void Complete(Vertex vertex, double seconds)
    {
        _steps.Add(new BuildStep(vertex.Platform, vertex.Name, vertex.Cached, seconds));
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

        int stream = element.TryGetProperty("stream", out JsonElement number) && number.ValueKind == JsonValueKind.Number
            ? number.GetInt32()
            : 0;
        foreach (string line in vertex.AppendLog(stream, bytes))
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

    private static bool IsObject(JsonElement element) => element.ValueKind == JsonValueKind.Object;

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;

    private static DateTimeOffset? Time(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out DateTimeOffset time)
            ? time
            : null;

    private sealed class Vertex
    {
        private readonly Queue<string> _lines = new();
        private readonly SortedDictionary<int, LineSplitter> _streams = [];

        internal required string FullName { get; init; }

        internal required string Name { get; init; }

        internal required string Platform { get; init; }

        internal required bool IsInstruction { get; init; }

        internal required TransferKind? Transfer { get; init; }

        internal string Error { get; set; } = string.Empty;

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

            return new Vertex
            {
                FullName = name,
                Name = StepName.Shorten(text),
                Platform = platform,
                IsInstruction = instruction,
                Transfer = instruction ? null : BuildTransfer.KindOf(text),
            };
        }

        /// <summary>Adds output and returns the lines that are whole now.</summary>
        internal List<string> AppendLog(int stream, byte[] data)
        {
            if (!_streams.TryGetValue(stream, out LineSplitter? splitter))
            {
                _streams.Add(stream, splitter = new LineSplitter());
            }

            List<string> lines = splitter.Append(data);
            foreach (string line in lines)
            {
                if (_lines.Count == KeptLogLines)
                {
                    _lines.Dequeue();
                }

                _lines.Enqueue(line);
            }

            return lines;
        }

        /// <summary>The last lines of output, those without an end too.</summary>
        internal List<string> LastLines() => [.. _lines, .. _streams.Values.Select(static stream => stream.Rest).Where(static rest => rest.Length > 0)];
    }

    /// <summary>Parts one output of an instruction into lines. It comes in pieces that end anywhere, between those of the other one.</summary>
    private sealed class LineSplitter
    {
        private const int MaxLine = 4096;
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private readonly StringBuilder _line = new();

        /// <summary>What has no end yet.</summary>
        internal string Rest => _line.ToString();

        /// <summary>Adds a piece and returns the lines that are whole now; what is over the cap of a line is dropped.</summary>
        internal List<string> Append(byte[] piece)
        {
            char[] text = new char[_decoder.GetCharCount(piece, flush: false)];
            _decoder.GetChars(piece, text, flush: false);
            var lines = new List<string>();
            foreach (char c in text)
            {
                if (c == '\n')
                {
                    lines.Add(Rest.TrimEnd('\r'));
                    _line.Clear();
                }
                else if (_line.Length < MaxLine)
                {
                    _line.Append(c);
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
/// <param name="LogLines">The last lines of its output.</param>
internal sealed record FailedStep(string Platform, string Name, string FullName, string Error, IReadOnlyCollection<string> LogLines);

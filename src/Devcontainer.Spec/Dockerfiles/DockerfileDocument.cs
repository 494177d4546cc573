using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// A Dockerfile as written: directives, global arguments and stages, nothing expanded. It is read as BuildKit reads it
/// (moby/buildkit <c>frontend/dockerfile</c>), so that what we say of a build is what the engine does.
/// </summary>
public sealed class DockerfileDocument
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private DockerfileDocument(string text, string? file)
    {
        Text = text;
        File = file;
        Frontend = DockerfileFrontend.Find(text, file);

        var lines = new LogicalLines(text, file);
        var reader = new InstructionReader(lines, file);
        var stages = new List<DockerfileStage>();
        var globals = new List<ArgInstruction>();
        List<DockerfileInstruction>? current = null;
        while (reader.Read() is { } instruction)
        {
            switch (instruction)
            {
                case FromInstruction from:
                    current = [];
                    stages.Add(new DockerfileStage(stages.Count, from, current));
                    break;
                case ArgInstruction arg when current is null:
                    globals.Add(arg);
                    break;
                default:
                    if (current is null)
                    {
                        throw new DevcontainerException(Codes.DockerfileInstructionBeforeFrom, instruction.Location, instruction.Keyword);
                    }

                    current.Add(instruction);
                    break;
            }
        }

        if (stages.Count == 0)
        {
            throw new DevcontainerException(Codes.DockerfileNoStages, new SourceLocation(file, Math.Max(1, lines.LineNumber), 1));
        }

        Escape = lines.Escape;
        LineCount = lines.LineNumber;
        OpenContinuation = lines.OpenContinuation;
        GlobalArguments = globals;
        Stages = stages;
    }

    /// <summary>The text as given, byte order mark and line ends included.</summary>
    public string Text { get; }

    /// <summary>The file it was read from, for messages; null where there is none.</summary>
    public string? File { get; }

    /// <summary>The escape and continuation character: a backslash, or a backtick where the <c>escape</c> directive says so.</summary>
    public char Escape { get; }

    /// <summary>How many lines the text has.</summary>
    public int LineCount { get; }

    /// <summary>The index of a continuation character that nothing follows; -1 without one.</summary>
    internal int OpenContinuation { get; }

    /// <summary>The frontend that a <c>syntax</c> directive asks for; null without one.</summary>
    public DockerfileFrontend? Frontend { get; }

    /// <summary>The ARG instructions before the first FROM.</summary>
    public IReadOnlyList<ArgInstruction> GlobalArguments { get; }

    /// <summary>The stages, in order; at least one.</summary>
    public IReadOnlyList<DockerfileStage> Stages { get; }

    /// <summary>Reads a Dockerfile's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">Its file, for messages.</param>
    /// <exception cref="DevcontainerException">DEVC1102 to DEVC1106, DEVC1113: what is wrong, with its line.</exception>
    public static DockerfileDocument Parse(string text, string? file = null) => new(text, file);

    /// <summary>Reads a Dockerfile.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="file">How messages call it; the path where null.</param>
    /// <exception cref="DevcontainerException">DEVC1003: cannot be read. DEVC1006: not UTF-8. Else as <see cref="Parse"/>.</exception>
    public static DockerfileDocument Load(string path, string? file = null)
    {
        file ??= path;
        byte[] bytes;
        try
        {
            bytes = System.IO.File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.FileNotReadable, new SourceLocation(file), file, exception.Message), exception);
        }

        try
        {
            return Parse(StrictUtf8.GetString(bytes), file);
        }
        catch (DecoderFallbackException exception)
        {
            int line = 1 + bytes.AsSpan(0, Math.Clamp(exception.Index, 0, bytes.Length)).Count((byte)'\n');
            throw new DevcontainerException(
                Diagnostic.Create(Codes.TextNotUnicode, new SourceLocation(file, line), file), exception);
        }
    }
}

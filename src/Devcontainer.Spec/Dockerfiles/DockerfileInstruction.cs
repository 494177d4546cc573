using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>One instruction as written; nothing is expanded yet.</summary>
public abstract record DockerfileInstruction
{
    /// <summary>The keyword in upper case, such as <c>COPY</c>.</summary>
    public required string Keyword { get; init; }

    /// <summary>Where the keyword stands.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary>The one-based last line, with continuation lines and here-documents.</summary>
    public required int EndLine { get; init; }

    /// <summary>The flags between keyword and arguments, in order, quotes removed.</summary>
    public required IReadOnlyList<InstructionFlag> Flags { get; init; }

    /// <summary>The here-documents that follow the instruction, in order.</summary>
    public IReadOnlyList<Heredoc> Heredocs { get; init; } = [];

    /// <summary>The value of the last flag of this name; null without it, empty for a bare <c>--name</c>.</summary>
    internal string? Flag(string name)
    {
        string? value = null;
        foreach (InstructionFlag flag in Flags)
        {
            if (flag.Name == name)
            {
                value = flag.Value ?? string.Empty;
            }
        }

        return value;
    }
}

/// <summary>A flag such as <c>--from=build</c> or <c>--link</c>.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">What follows <c>=</c>; null without one.</param>
public sealed record InstructionFlag(string Name, string? Value);

/// <summary>A variable with its value, as ENV and LABEL write them.</summary>
public sealed record NameValue(string Name, string Value);

/// <summary>A variable that ARG declares; <paramref name="Default"/> is null where it has none.</summary>
public sealed record ArgumentDeclaration(string Name, string? Default);

/// <summary><c>FROM [--platform=…] base [AS name]</c>.</summary>
public sealed record FromInstruction : DockerfileInstruction
{
    /// <summary>Image or stage, as written.</summary>
    public required string BaseName { get; init; }

    /// <summary>The name of the stage in lower case; null where it has none.</summary>
    public string? StageName { get; init; }

    /// <summary>The <c>--platform</c>, as written.</summary>
    public string? Platform => Flag("platform");
}

/// <summary><c>ARG name[=default] …</c>.</summary>
public sealed record ArgInstruction : DockerfileInstruction
{
    /// <summary>What is declared, in order.</summary>
    public required IReadOnlyList<ArgumentDeclaration> Declarations { get; init; }
}

/// <summary><c>ENV name=value …</c> or <c>ENV name value</c>.</summary>
public sealed record EnvInstruction : DockerfileInstruction
{
    /// <summary>What is set, in order, quotes and escapes still in the values.</summary>
    public required IReadOnlyList<NameValue> Variables { get; init; }
}

/// <summary><c>COPY</c> or <c>ADD</c>.</summary>
public sealed record CopyInstruction : DockerfileInstruction
{
    /// <summary>Whether it is ADD, which also takes URLs and unpacks archives.</summary>
    public bool IsAdd => Keyword == "ADD";

    /// <summary>The sources that are paths or URLs; here-documents are in <see cref="DockerfileInstruction.Heredocs"/>.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>The last argument.</summary>
    public required string Destination { get; init; }

    /// <summary>The stage (name or number), image or named context of <c>--from</c>; null for the build context.</summary>
    public string? From => Flag("from") is { Length: > 0 } from && !IsAdd ? from : null;

    /// <summary>Whether <c>--parents</c> keeps the sources' directories.</summary>
    public bool Parents => !IsAdd && IsSet("parents");

    private bool IsSet(string name) => Flag(name) is { } value && !value.Equals("false", StringComparison.OrdinalIgnoreCase);
}

/// <summary><c>RUN</c>.</summary>
public sealed record RunInstruction : DockerfileInstruction
{
    /// <summary>The command line, or the elements of its JSON form.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Whether the command has the JSON (exec) form.</summary>
    public required bool IsJson { get; init; }

    /// <summary>The <c>--mount</c> flags, in order.</summary>
    public required IReadOnlyList<MountFlag> Mounts { get; init; }
}

/// <summary><c>USER</c>.</summary>
public sealed record UserInstruction : DockerfileInstruction
{
    /// <summary>The user, as written.</summary>
    public required string User { get; init; }
}

/// <summary><c>ONBUILD instruction</c>: run in the stages that build on this one.</summary>
public sealed record OnBuildInstruction : DockerfileInstruction
{
    /// <summary>What is run then.</summary>
    public required DockerfileInstruction Trigger { get; init; }
}

/// <summary>An instruction that neither names files nor changes what later ones see: LABEL, CMD, EXPOSE and so on.</summary>
public sealed record PlainInstruction : DockerfileInstruction
{
    /// <summary>The arguments, or the elements of the JSON form.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }
}

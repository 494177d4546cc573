using System.Globalization;
using System.Text;

namespace Devcontainer.Prebuild.Workflows;

/// <summary>A job of a workflow. Values are as YAML writes them (<see cref="WorkflowText"/>).</summary>
/// <param name="Id">Its name in the workflow.</param>
/// <param name="Comment">What it is for.</param>
/// <param name="If">When it runs.</param>
/// <param name="Permissions">All that its token may do.</param>
/// <param name="Steps">Its steps.</param>
internal sealed record WorkflowJob(
    string Id, string Comment, string If, IReadOnlyList<(string Scope, string Access)> Permissions, IReadOnlyList<WorkflowStep> Steps)
{
    /// <summary>The platforms, each in a run of its own on its machine; empty for one run.</summary>
    internal IReadOnlyList<WorkflowPlatform> Platforms { get; init; } = [];

    /// <summary>The job that must have ended well before; null for none.</summary>
    internal string? Needs { get; init; }

    /// <summary>Minutes after which it is ended.</summary>
    internal required int Timeout { get; init; }

    /// <summary>Appends the job's text.</summary>
    internal void AppendTo(StringBuilder text)
    {
        Line(text, 2, $"# {Comment}");
        Line(text, 2, $"{Id}:");
        if (Needs is not null)
        {
            Line(text, 4, $"needs: {Needs}");
        }

        Line(text, 4, $"if: {If}");
        AppendMachine(text);
        Line(text, 4, string.Create(CultureInfo.InvariantCulture, $"timeout-minutes: {Timeout}"));
        Line(text, 4, "permissions:");
        foreach ((string scope, string access) in Permissions)
        {
            Line(text, 6, $"{scope}: {access}");
        }

        Line(text, 4, "steps:");
        foreach (WorkflowStep step in Steps)
        {
            step.AppendTo(text);
        }
    }

    /// <summary>Appends a line.</summary>
    internal static void Line(StringBuilder text, int indent, string line) => text.Append(' ', indent).Append(line).Append('\n');

    private void AppendMachine(StringBuilder text)
    {
        if (Platforms.Count == 0)
        {
            Line(text, 4, "runs-on: ubuntu-latest");
            return;
        }

        Line(text, 4, "strategy:");
        Line(text, 6, "fail-fast: false");
        Line(text, 6, "matrix:");
        Line(text, 8, "include:");
        foreach (WorkflowPlatform platform in Platforms)
        {
            Line(text, 10, $"- platform: {platform.Platform}");
            Line(text, 10, $"  file: {platform.FileName}");
            Line(text, 10, $"  runner: {WorkflowText.Quote(platform.Runner)}");
            if (platform.IsEmulated)
            {
                Line(text, 10, "  emulated: true");
            }
        }

        Line(text, 4, "runs-on: ${{ matrix.runner }}");
    }
}

/// <summary>A step of a job: an action, or commands.</summary>
/// <param name="Name">What it does, for people.</param>
internal sealed record WorkflowStep(string Name)
{
    /// <summary>The name that its outputs are known by; null where nobody asks for them.</summary>
    internal string? Id { get; init; }

    /// <summary>When it runs; null for always.</summary>
    internal string? If { get; init; }

    /// <summary>The action; null where it runs commands.</summary>
    internal PinnedAction? Uses { get; init; }

    /// <summary>The action's inputs.</summary>
    internal IReadOnlyList<(string Name, string Value)> With { get; init; } = [];

    /// <summary>Environment variables: the one way in which anything variable reaches a command.</summary>
    internal IReadOnlyList<(string Name, string Value)> Env { get; init; } = [];

    /// <summary>The commands, for bash. No expression may be in them: GitHub puts its value into the script's text.</summary>
    internal string? Run { get; init; }

    /// <summary>Appends the step's text.</summary>
    internal void AppendTo(StringBuilder text)
    {
        WorkflowJob.Line(text, 6, $"- name: {Name}");
        Append(text, "id", Id);
        Append(text, "if", If);
        Append(text, "uses", Uses?.ToString());
        Append(text, "with", With);
        Append(text, "env", Env);
        if (Run is null)
        {
            return;
        }

        string[] lines = Run.ReplaceLineEndings("\n").Split('\n');
        if (lines.Length == 1)
        {
            Append(text, "run", Run);
            return;
        }

        Append(text, "run", "|");
        foreach (string line in lines)
        {
            WorkflowJob.Line(text, 10, line);
        }
    }

    private static void Append(StringBuilder text, string key, string? value)
    {
        if (value is not null)
        {
            WorkflowJob.Line(text, 8, $"{key}: {value}");
        }
    }

    private static void Append(StringBuilder text, string key, IReadOnlyList<(string Name, string Value)> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        WorkflowJob.Line(text, 8, $"{key}:");
        foreach ((string name, string value) in values)
        {
            WorkflowJob.Line(text, 10, $"{name}: {value}");
        }
    }
}

using System.Collections.Concurrent;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Tests;

/// <summary>Keeps what the pipeline says.</summary>
internal sealed class RecordingReporter : IBuildReporter
{
    private readonly ConcurrentQueue<string> _statuses = new();
    private readonly ConcurrentQueue<string> _details = new();
    private readonly ConcurrentQueue<Diagnostic> _warnings = new();

    internal IReadOnlyCollection<string> Statuses => _statuses;

    internal IReadOnlyCollection<string> Details => _details;

    internal IReadOnlyCollection<Diagnostic> Warnings => _warnings;

    /// <summary>All that was said for everyone to see.</summary>
    internal string Text => string.Join('\n', _statuses);

    public void Status(string message) => _statuses.Enqueue(message);

    public void Detail(string message) => _details.Enqueue(message);

    public void Warning(Diagnostic diagnostic) => _warnings.Enqueue(diagnostic);
}

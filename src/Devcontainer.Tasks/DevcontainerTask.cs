using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Devcontainer.Tasks;

/// <summary>
/// What every task shares: it can be cancelled, is safe beside others in one process (no console, no current folder, no environment of the process),
/// and turns the library's errors into MSBuild's, with code, file, line and column.
/// </summary>
public abstract class DevcontainerTask : Microsoft.Build.Utilities.Task, ICancelableTask, IMultiThreadableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <inheritdoc />
    public TaskEnvironment TaskEnvironment { get; set; } = TaskEnvironment.Fallback;

    /// <summary>Absolute path of the project: what a message is about that is about nothing else.</summary>
    [Required]
    public string ProjectFile { get; set; } = string.Empty;

    /// <summary>Absolute path of the project's folder.</summary>
    protected string ProjectDirectory => Path.GetDirectoryName(ProjectFile)!;

    /// <summary>Where progress and warnings go.</summary>
    protected IBuildReporter Reporter => new MSBuildReporter(Log, ProjectFile);

    /// <inheritdoc />
    public sealed override bool Execute()
    {
        try
        {
            ExecuteAsync(_cancellation.Token).GetAwaiter().GetResult();
        }
        catch (DevcontainerException e)
        {
            LogError(e.Diagnostic);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            // MSBuild says itself that the build was cancelled, but wants an error of a task that did not finish.
            Log.LogMessage(MessageImportance.High, "Cancelled; the last image and its receipt are as they were.");
            return false;
        }

        return !Log.HasLoggedErrors;
    }

    /// <inheritdoc />
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc />
    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work.</summary>
    /// <exception cref="DevcontainerException">What the user can mend.</exception>
    protected abstract System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken);

    /// <summary>Logs an error where it belongs.</summary>
    protected void LogError(Diagnostic diagnostic)
    {
        ArgumentNullException.ThrowIfNull(diagnostic);
        Log.LogError(
            subcategory: null,
            diagnostic.Code,
            helpKeyword: null,
            diagnostic.Location?.File ?? ProjectFile,
            diagnostic.Location?.Line ?? 0,
            diagnostic.Location?.Column ?? 0,
            endLineNumber: 0,
            endColumnNumber: 0,
            "{0}",
            diagnostic.Message);
    }

    /// <summary>The environment of the build, as a task may see it.</summary>
    protected IReadOnlyDictionary<string, string> Environment => TaskEnvironment.GetEnvironmentVariables();

    /// <summary>A path of the project made absolute.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    protected string? Absolute(string? path) => string.IsNullOrEmpty(path) ? null : Path.GetFullPath(path, ProjectDirectory);

    /// <summary>A list given as a property: both <c>;</c> and <c>,</c> part it, since a command line cannot carry the first.</summary>
    protected static string[] Split(string? value) =>
        (value ?? string.Empty).Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The value of a property without white space around it; null where it is empty.</summary>
    protected static string? Text(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    /// <summary>The property DevcontainerLockTimeout; empty is the default.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: it is no time.</exception>
    protected static TimeSpan BindLockTimeout(string? value) => Duration("DevcontainerLockTimeout", value) ?? OutputFolder.DefaultTimeout;

    /// <summary>A time given as a property: seconds, or hh:mm:ss; null where it is empty.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: it is neither, or negative, or longer than a timer counts.</exception>
    protected static TimeSpan? Duration(string property, string? value)
    {
        string text = (value ?? string.Empty).Trim();
        if (text.Length == 0)
        {
            return null;
        }

        TimeSpan duration = TimeSpan.Zero;
        bool valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            || TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, TimeSpanStyles.None, out duration);
        duration += TimeSpan.FromSeconds(seconds);
        return valid && duration >= TimeSpan.Zero && duration.TotalMilliseconds <= int.MaxValue
            ? duration
            : throw new DevcontainerException(Codes.PropertyInvalid, property, value, "it is a number of seconds, or hh:mm:ss, of 24 days at the most");
    }

    /// <summary>A number given as a property; null where it is empty.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: it is no whole number, or below <paramref name="least"/>.</exception>
    protected static int? Number(string property, string? value, int least)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        return int.TryParse(value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number
            : throw new DevcontainerException(Codes.PropertyInvalid, property, value, least > 0 ? "it is a whole number above zero" : "it is a whole number");
    }

    /// <summary>A switch given as a property: empty is off.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: neither true nor false.</exception>
    protected static bool Switch(string property, string? value) => value?.Trim().ToUpperInvariant() switch
    {
        null or "" or "FALSE" => false,
        "TRUE" => true,
        _ => throw new DevcontainerException(Codes.PropertyInvalid, property, value, "it is true or false"),
    };
}

/// <summary>Sends the pipeline's messages to MSBuild's log, which may be called from any thread.</summary>
internal sealed class MSBuildReporter(TaskLoggingHelper log, string projectFile) : IBuildReporter
{
    /// <inheritdoc />
    public void Status(string message) => log.LogMessage(MessageImportance.High, "{0}", message);

    /// <inheritdoc />
    public void Detail(string message) => log.LogMessage(MessageImportance.Normal, "{0}", message);

    /// <inheritdoc />
    public void Warning(Diagnostic diagnostic) => log.LogWarning(
        subcategory: null,
        diagnostic.Code,
        helpKeyword: null,
        diagnostic.Location?.File ?? projectFile,
        diagnostic.Location?.Line ?? 0,
        diagnostic.Location?.Column ?? 0,
        endLineNumber: 0,
        endColumnNumber: 0,
        "{0}",
        diagnostic.Message);
}

using System.Globalization;
using System.Resources;

namespace Devcontainer.Diagnostics;

/// <summary>Where in a file something stands: one-based, zero where unknown.</summary>
/// <param name="File">Path of the file, absolute or relative to the workspace; null where there is none.</param>
/// <param name="Line">One-based line.</param>
/// <param name="Column">One-based column, in UTF-16 code units as editors count.</param>
public sealed record SourceLocation(string? File, int Line = 0, int Column = 0);

/// <summary>One coded message: what happened, why, and what to do.</summary>
/// <param name="Code">A code of <see cref="Codes"/>.</param>
/// <param name="Message">The whole sentence, without the code, in the current format of <c>Messages.resx</c>.</param>
/// <param name="Location">Where, or null.</param>
public sealed record Diagnostic(string Code, string Message, SourceLocation? Location = null)
{
    private static readonly ResourceManager Messages = new("Devcontainer.Diagnostics.Messages", typeof(Diagnostic).Assembly);

    /// <summary>Formats the message of <paramref name="code"/> with its arguments, culture-invariantly.</summary>
    public static Diagnostic Create(string code, SourceLocation? location, params object?[] args)
    {
        string format = Messages.GetString(code, CultureInfo.InvariantCulture)
            ?? throw new ArgumentException($"No message for {code}.", nameof(code));
        return new Diagnostic(code, string.Format(CultureInfo.InvariantCulture, format, args), location);
    }
}

/// <summary>The one exception that the libraries throw for what a user can mend. Everything else is a defect.</summary>
public sealed class DevcontainerException : Exception
{
    /// <summary>An error with the message of <paramref name="code"/>.</summary>
    public DevcontainerException(string code, params object?[] args)
        : this(Diagnostic.Create(code, null, args))
    {
    }

    /// <summary>An error at a place in a file.</summary>
    public DevcontainerException(string code, SourceLocation? location, params object?[] args)
        : this(Diagnostic.Create(code, location, args))
    {
    }

    /// <summary>An error that wraps the failure that caused it.</summary>
    public DevcontainerException(Diagnostic diagnostic, Exception? inner = null)
        : base(diagnostic.Message, inner) => Diagnostic = diagnostic;

    /// <summary>What to tell the user.</summary>
    public Diagnostic Diagnostic { get; }
}

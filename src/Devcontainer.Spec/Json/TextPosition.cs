using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>A place in a text.</summary>
/// <param name="Line">One-based line; zero where there is no text (a value made by us).</param>
/// <param name="Column">One-based column in UTF-16 code units, as editors count.</param>
public readonly record struct TextPosition(int Line, int Column)
{
    /// <summary>The same place as part of <paramref name="file"/>.</summary>
    public SourceLocation In(string? file) => new(file, Line, Column);
}

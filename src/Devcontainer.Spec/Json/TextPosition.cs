using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>A place in a text.</summary>
/// <param name="Line">One-based line; zero where there is no text (a value made by us).</param>
/// <param name="Column">One-based column in UTF-16 code units, as editors count.</param>
public readonly record struct TextPosition(int Line, int Column)
{
    /// <summary>The same place as part of <paramref name="file"/>.</summary>
    public SourceLocation In(string? file) => new(file, Line, Column);

    /// <summary>The place of a byte in UTF-8 text.</summary>
    internal static TextPosition At(ReadOnlySpan<byte> utf8, int offset)
    {
        ReadOnlySpan<byte> before = utf8[..offset];
        return new TextPosition(before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }

    /// <summary>The byte of UTF-8 text, without byte order mark, that is at this place: <see cref="At"/> the other way round.</summary>
    internal int OffsetIn(ReadOnlySpan<byte> utf8)
    {
        int offset = 0;
        for (int line = 1; line < Line; line++)
        {
            offset += utf8[offset..].IndexOf((byte)'\n') + 1;
        }

        for (int column = 1; column < Column;)
        {
            Rune.DecodeFromUtf8(utf8[offset..], out Rune rune, out int length);
            column += rune.Utf16SequenceLength;
            offset += length;
        }

        return offset;
    }

    /// <summary>The place of a byte that is known by its line and its place there, both zero-based.</summary>
    internal static TextPosition InLine(ReadOnlySpan<byte> utf8, long line, long byteInLine)
    {
        int start = 0;
        for (long i = 0; i < line; i++)
        {
            start += utf8[start..].IndexOf((byte)'\n') + 1;
        }

        return At(utf8, (int)Math.Min(start + byteInLine, utf8.Length));
    }
}

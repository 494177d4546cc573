using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// Comments in JSON. They are blanked before the text is read, with as many spaces, so that all offsets stay the same: the platform's
/// reader knows comments, but not between a name and its colon.
/// </summary>
internal static class Comments
{
    /// <summary>The text with spaces for comments; the text itself where it has none.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="file">Its name, for the error.</param>
    /// <exception cref="DevcontainerException">A comment has no end.</exception>
    public static ReadOnlySpan<byte> Blank(ReadOnlySpan<byte> utf8, string? file)
    {
        byte[]? blanked = null;
        int at = 0;
        while (true)
        {
            int next = utf8[at..].IndexOfAny((byte)'"', (byte)'/');
            if (next < 0)
            {
                return blanked ?? utf8;
            }

            at += next;
            if (utf8[at] == (byte)'"')
            {
                at = EndOfString(utf8, at);
                continue;
            }

            int end = EndOfComment(utf8, at, file);
            if (end == at)
            {
                // Not a comment; the reader will say what is wrong.
                at++;
                continue;
            }

            blanked ??= utf8.ToArray();
            foreach (ref byte b in blanked.AsSpan(at, end - at))
            {
                b = b is (byte)'\n' or (byte)'\r' ? b : (byte)' ';
            }

            at = end;
        }
    }

    /// <summary>The place behind the closing quote, or the text's end.</summary>
    internal static int EndOfString(ReadOnlySpan<byte> utf8, int start)
    {
        int at = start + 1;
        while (true)
        {
            int next = utf8[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
            {
                return utf8.Length;
            }

            at += next;
            if (utf8[at] == (byte)'"')
            {
                return at + 1;
            }

            at = Math.Min(at + 2, utf8.Length);
        }
    }

    /// <summary>The place behind a comment; <paramref name="start"/> where there is none.</summary>
    private static int EndOfComment(ReadOnlySpan<byte> utf8, int start, string? file)
    {
        ReadOnlySpan<byte> rest = utf8[start..];
        if (rest.StartsWith("//"u8))
        {
            int length = rest.IndexOfAny((byte)'\n', (byte)'\r');
            return length < 0 ? utf8.Length : start + length;
        }

        if (!rest.StartsWith("/*"u8))
        {
            return start;
        }

        int close = rest[2..].IndexOf("*/"u8);
        return close >= 0 ? start + close + 4 : throw new DevcontainerException(
            Codes.ConfigurationNotJson, TextPosition.At(utf8, start).In(file), file ?? "the text", "a comment begins here and does not end");
    }
}

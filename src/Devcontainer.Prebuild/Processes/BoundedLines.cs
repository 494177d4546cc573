using System.Text;

namespace Devcontainer.Prebuild.Processes;

/// <summary>Splits a stream into lines in constant memory: what is over the cap of a line is dropped, invalid UTF-8 becomes U+FFFD.</summary>
internal static class BoundedLines
{
    /// <summary>Bytes of a line that are kept. A progress event of a large build graph is well below.</summary>
    internal const int MaxLine = 8 * 1024 * 1024;

    /// <summary>Reads <paramref name="stream"/> to its end.</summary>
    /// <param name="stream">What to read; not closed.</param>
    /// <param name="onLine">Receives each line without its end, a carriage return included in that; null to read and drop.</param>
    internal static async Task ReadAsync(Stream stream, Action<string>? onLine)
    {
        byte[] buffer = new byte[32 * 1024];
        var line = new MemoryStream();
        int read;
        while ((read = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            if (onLine is null)
            {
                continue;
            }

            ReadOnlySpan<byte> rest = buffer.AsSpan(0, read);
            int end;
            while ((end = rest.IndexOf((byte)'\n')) >= 0)
            {
                Append(line, rest[..end]);
                Emit(line, onLine);
                rest = rest[(end + 1)..];
            }

            Append(line, rest);
        }

        if (line.Length > 0 && onLine is not null)
        {
            Emit(line, onLine);
        }
    }

    private static void Append(MemoryStream line, ReadOnlySpan<byte> bytes) =>
        line.Write(bytes[..(int)Math.Min(bytes.Length, MaxLine - line.Length)]);

    private static void Emit(MemoryStream line, Action<string> onLine)
    {
        ReadOnlySpan<byte> bytes = line.GetBuffer().AsSpan(0, (int)line.Length);
        onLine(Encoding.UTF8.GetString(bytes.TrimEnd((byte)'\r')));
        line.SetLength(0);
    }
}

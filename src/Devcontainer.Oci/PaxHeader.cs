using System.Globalization;
using System.Text;

namespace Devcontainer.Oci;

/// <summary>What a pax header (POSIX.1-2001) says about the entry after it; null where it says nothing.</summary>
internal readonly record struct PaxHeader(
    string? Path, string? LinkPath, long? Size, long? Uid, long? Gid, long? ModifiedSeconds, bool IsSparse)
{
    /// <summary>Reads records of the form "length key=value\n", where the length counts all of the record; null where they are
    /// malformed.</summary>
    internal static PaxHeader? Parse(ReadOnlySpan<byte> records)
    {
        var header = default(PaxHeader);
        while (!records.IsEmpty)
        {
            int blank = records.IndexOf((byte)' ');
            if (blank is < 1 or > 9 || !int.TryParse(records[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= blank + 2 || length > records.Length || records[length - 1] != (byte)'\n')
            {
                return null;
            }

            ReadOnlySpan<byte> record = records[(blank + 1)..(length - 1)];
            records = records[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                return null;
            }

            ReadOnlySpan<byte> key = record[..equals];
            ReadOnlySpan<byte> value = record[(equals + 1)..];
            if (key.SequenceEqual("path"u8) || key.SequenceEqual("linkpath"u8))
            {
                if (value.IndexOf((byte)0) >= 0)
                {
                    return null;
                }

                string text = Encoding.UTF8.GetString(value);
                header = key[0] == 'p' ? header with { Path = text } : header with { LinkPath = text };
            }
            else if (key.SequenceEqual("size"u8) || key.SequenceEqual("uid"u8) || key.SequenceEqual("gid"u8))
            {
                if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                {
                    return null;
                }

                header = key[0] switch
                {
                    (byte)'s' => header with { Size = number },
                    (byte)'u' => header with { Uid = number },
                    _ => header with { Gid = number },
                };
            }
            else if (key.SequenceEqual("mtime"u8))
            {
                // Seconds with an optional fraction.
                int point = value.IndexOf((byte)'.');
                if (!long.TryParse(
                    point < 0 ? value : value[..point], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds))
                {
                    return null;
                }

                header = header with { ModifiedSeconds = seconds };
            }
            else if (key.StartsWith("GNU.sparse."u8))
            {
                header = header with { IsSparse = true };
            }
        }

        return header;
    }
}

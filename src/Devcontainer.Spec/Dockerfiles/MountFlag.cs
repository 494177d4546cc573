namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// A <c>--mount</c> of RUN. Fields may hold variables, except <c>from</c>, which BuildKit reads before it knows any
/// (moby/buildkit <c>frontend/dockerfile/instructions/commands_runmount.go</c>).
/// </summary>
/// <param name="Fields">The comma-separated fields, in order: key in lower case, value null where there is no <c>=</c>.</param>
public sealed record MountFlag(IReadOnlyList<(string Key, string? Value)> Fields)
{
    /// <summary>The stage, image or named context; null for the build context.</summary>
    public string? From => Last("from") is { Length: > 0 } from ? from : null;

    /// <summary>The value of the last field with one of these keys; null without it.</summary>
    internal string? Last(params ReadOnlySpan<string> keys)
    {
        string? found = null;
        foreach ((string key, string? value) in Fields)
        {
            if (keys.Contains(key))
            {
                found = value ?? string.Empty;
            }
        }

        return found;
    }

    /// <summary>Splits the value of a <c>--mount</c> flag: one line of comma-separated values, a field quoted or not.</summary>
    /// <returns>Null where the quotes do not match.</returns>
    internal static MountFlag? Parse(string text)
    {
        var fields = new List<(string, string?)>();
        int position = 0;
        while (position <= text.Length)
        {
            if (ReadField(text, ref position) is not { } field)
            {
                return null;
            }

            int equals = field.IndexOf('=', StringComparison.Ordinal);
            fields.Add(equals < 0
                ? (field.ToLowerInvariant(), null)
                : (field[..equals].ToLowerInvariant(), field[(equals + 1)..]));
        }

        return new MountFlag(fields);
    }

    private static string? ReadField(string text, ref int position)
    {
        if (position < text.Length && text[position] == '"')
        {
            var value = new System.Text.StringBuilder();
            for (position++; position < text.Length; position++)
            {
                if (text[position] != '"')
                {
                    value.Append(text[position]);
                }
                else if (position + 1 < text.Length && text[position + 1] == '"')
                {
                    value.Append('"');
                    position++;
                }
                else
                {
                    position++;
                    bool ends = position == text.Length || text[position] == ',';
                    position++;
                    return ends ? value.ToString() : null;
                }
            }

            return null;
        }

        int comma = text.IndexOf(',', position);
        int end = comma < 0 ? text.Length : comma;
        string field = text[position..end];
        position = end + 1;
        return field;
    }
}

using System.Globalization;
using System.Text;

namespace Devcontainer.Spec;

/// <summary>Writes JSON as JavaScript does (ECMA-262, JSON.stringify and Number::toString).</summary>
internal static class JsonText
{
    public static string Write(JsonNode node, int indent)
    {
        var text = new StringBuilder();
        Append(text, node, indent, 0);
        return text.ToString();
    }

    /// <summary>A string's content with JSON's escapes, without the quotes.</summary>
    public static string Escape(string value)
    {
        var text = new StringBuilder();
        AppendString(text, value);
        return text.ToString(1, text.Length - 2);
    }

    /// <summary>A number as JavaScript's <c>String(value)</c> gives it.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        }

        if (value == 0)
        {
            return "0";
        }

        // .NET and JavaScript agree on the shortest digits that read back the same; they differ in when to use an exponent.
        string shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int mark = shortest.IndexOf('E', StringComparison.Ordinal);
        string mantissa = mark < 0 ? shortest : shortest[..mark];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string all = point < 0 ? mantissa : mantissa.Remove(point, 1);
        int leadingZeros = all.Length - all.TrimStart('0').Length;
        string digits = all.Trim('0');
        int exponent = (mark < 0 ? 0 : int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            + (point < 0 ? mantissa.Length : point) - 1 - leadingZeros;
        string sign = value < 0 ? "-" : "";
        int n = exponent + 1;
        int k = digits.Length;
        if (k <= n && n <= 21)
        {
            return sign + digits + new string('0', n - k);
        }

        if (n is > 0 and <= 21)
        {
            return $"{sign}{digits[..n]}.{digits[n..]}";
        }

        if (n is > -6 and <= 0)
        {
            return $"{sign}0.{new string('0', -n)}{digits}";
        }

        string fraction = k == 1 ? "" : "." + digits[1..];
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent)}");
    }

    private static void Append(StringBuilder text, JsonNode node, int indent, int level)
    {
        switch (node)
        {
            case JsonBoolean boolean:
                text.Append(boolean.Value ? "true" : "false");
                break;
            case JsonNumber number:
                text.Append(double.IsFinite(number.Value) ? Number(number.Value) : "null");
                break;
            case JsonString value:
                AppendString(text, value.Value);
                break;
            case JsonArray array:
                AppendItems(text, '[', ']', array.Count, indent, level, i => Append(text, array[i], indent, level + 1));
                break;
            case JsonObject properties:
                AppendItems(text, '{', '}', properties.Count, indent, level, i =>
                {
                    AppendString(text, properties[i].Name);
                    text.Append(indent > 0 ? ": " : ":");
                    Append(text, properties[i].Value, indent, level + 1);
                });
                break;
            default:
                text.Append("null");
                break;
        }
    }

    private static void AppendItems(StringBuilder text, char open, char close, int count, int indent, int level, Action<int> item)
    {
        text.Append(open);
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
            {
                text.Append(',');
            }

            if (indent > 0)
            {
                text.Append('\n').Append(' ', indent * (level + 1));
            }

            item(i);
        }

        if (indent > 0 && count > 0)
        {
            text.Append('\n').Append(' ', indent * level);
        }

        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                default:
                    bool pair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
                    if (pair)
                    {
                        text.Append(c).Append(value[++i]);
                    }
                    else if (c < ' ' || char.IsSurrogate(c))
                    {
                        text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    }
                    else
                    {
                        text.Append(c);
                    }

                    break;
            }
        }

        text.Append('"');
    }
}

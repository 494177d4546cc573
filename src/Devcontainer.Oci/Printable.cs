using System.Globalization;
using System.Text;

namespace Devcontainer.Oci;

/// <summary>Makes foreign text safe to show: control characters, bidirectional marks and homoglyphs are spelled out, long text is
/// cut.</summary>
public static class Printable
{
    private const int Longest = 200;

    /// <summary>At most 200 characters of it, in ASCII.</summary>
    public static string Quote(string? text)
    {
        text ??= "";
        var shown = new StringBuilder(Math.Min(text.Length, Longest));
        foreach (char c in text)
        {
            if (shown.Length >= Longest)
            {
                return shown.Append('…').ToString();
            }

            if (c is >= ' ' and <= '~')
            {
                shown.Append(c);
            }
            else
            {
                shown.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
        }

        return shown.ToString();
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>A version of the .NET SDK or a runtime, ordered as .NET's host orders them (Semantic Versioning 2.0.0, section 11).</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second one.</param>
/// <param name="Patch">The third one; of an SDK hundreds are its feature band.</param>
/// <param name="Label">What follows a <c>-</c>, as <c>rc.1.25451.107</c>; null for a release.</param>
internal sealed record SdkVersion(int Major, int Minor, int Patch, string? Label) : IComparable<SdkVersion>
{
    /// <summary>Whether it comes before the release of the same number.</summary>
    internal bool IsPrerelease => Label is not null;

    /// <summary>The feature band of an SDK.</summary>
    internal int Band => Patch / 100;

    /// <summary>The channel that a feed lists it in, as <c>10.0</c>.</summary>
    internal string Channel => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    /// <summary>Reads a whole version: three numbers, and perhaps a label.</summary>
    internal static bool TryParse(string? text, [NotNullWhen(true)] out SdkVersion? version)
    {
        version = null;
        if (text is null)
        {
            return false;
        }

        int dash = text.IndexOf('-', StringComparison.Ordinal);
        string? label = dash < 0 ? null : text[(dash + 1)..];
        string[] numbers = (dash < 0 ? text : text[..dash]).Split('.');
        if (numbers.Length != 3 || (label is not null && !IsLabel(label))
            || !TryParse(numbers[0], out int major) || !TryParse(numbers[1], out int minor) || !TryParse(numbers[2], out int patch))
        {
            return false;
        }

        version = new SdkVersion(major, minor, patch, label);
        return true;
    }

    /// <inheritdoc />
    public int CompareTo(SdkVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        int numbers = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        return numbers != 0 ? numbers
            : Label is null || other.Label is null ? (Label is null).CompareTo(other.Label is null)
            : CompareLabels(Label.Split('.'), other.Label.Split('.'));
    }

    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}{(Label is null ? string.Empty : "-" + Label)}");

    // Numbers by value and before words, words by ordinal, and of two that begin alike the longer one last.
    private static int CompareLabels(string[] a, string[] b)
    {
        foreach ((string one, string other) in a.Zip(b))
        {
            bool isNumber = TryParse(one, out int number);
            bool isOtherNumber = TryParse(other, out int otherNumber);
            int order = isNumber && isOtherNumber ? number.CompareTo(otherNumber)
                : isNumber != isOtherNumber ? isOtherNumber.CompareTo(isNumber)
                : string.CompareOrdinal(one, other);
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    private static bool IsLabel(string label) =>
        label.Split('.').All(static part => part.Length > 0 && part.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

using System.Globalization;

namespace Devcontainer.Prebuild.Verify;

/// <summary>Sizes for people.</summary>
internal static class ByteText
{
    private const double Megabyte = 1_000_000;

    /// <summary>As <c>12.3 MB</c>; <c>1234 bytes</c> where that would say nothing.</summary>
    internal static string Of(long bytes) => bytes < Megabyte / 10
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / Megabyte:0.0} MB");
}

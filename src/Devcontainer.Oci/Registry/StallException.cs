using System.Globalization;

namespace Devcontainer.Oci;

/// <summary>Nothing, or next to nothing, came or went for too long.</summary>
internal sealed class StallException(TimeSpan timeout)
    : IOException(string.Create(CultureInfo.InvariantCulture, $"it stayed silent for {timeout.TotalSeconds:0.###} s"));

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>A version that was chosen once, and its archives.</summary>
/// <param name="Version">The version.</param>
/// <param name="Sha512">SHA-512 of the archives in lower-case hexadecimal digits, by runtime identifier, as <c>linux-musl-x64</c>: of every Linux that there is one for.</param>
public sealed record PinnedToolchain(string Version, IReadOnlyDictionary<string, string> Sha512)
{
    /// <summary>Whether another pin says the same.</summary>
    internal bool IsSame(PinnedToolchain other) =>
        Version == other.Version && Sha512.Count == other.Sha512.Count
        && Sha512.All(one => other.Sha512.TryGetValue(one.Key, out string? hash) && hash == one.Value);
}

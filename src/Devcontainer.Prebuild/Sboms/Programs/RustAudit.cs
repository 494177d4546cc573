using System.IO.Compression;
using System.Text.Json;

namespace Devcontainer.Prebuild.Sboms.Programs;

/// <summary>The crates that a Rust program is made of, where it was built with <c>cargo auditable</c> (rust-secure-code/cargo-auditable, PARSING.md).</summary>
internal static class RustAudit
{
    /// <summary>The section that has them.</summary>
    internal const string SectionName = ".dep-v0";

    // As the format's own readers have it.
    private const int Longest = 8 * 1024 * 1024;

    /// <summary>Reads it.</summary>
    /// <param name="section">The section: JSON, compressed by zlib.</param>
    /// <returns>The packages: not those that only its build needed; empty where it cannot be read.</returns>
    internal static IReadOnlyList<ImagePackage> Read(ReadOnlySpan<byte> section)
    {
        try
        {
            using var compressed = new MemoryStream(section.ToArray());
            using var inflated = new ZLibStream(compressed, CompressionMode.Decompress);
            byte[] json = new byte[Longest];
            int length = inflated.ReadAtLeast(json, json.Length, throwOnEndOfStream: false);
            if (length == json.Length)
            {
                return [];
            }

            using JsonDocument document = JsonDocument.Parse(json.AsMemory(0, length));
            return
            [
                .. document.RootElement.GetProperty("packages").EnumerateArray()
                    .Where(static crate => !crate.TryGetProperty("kind", out JsonElement kind) || kind.ValueEquals("runtime"))
                    .Select(static crate => Create(crate.GetProperty("name").GetString()!, crate.GetProperty("version").GetString()!)),
            ];
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Its section is its own; what others wrote there is none of ours.
            return [];
        }
    }

    private static ImagePackage Create(string name, string version) => new() { Name = name, Version = version, Purl = PackageUrl.Create("cargo", null, name, version) };
}

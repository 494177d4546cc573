using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// The platform of an image, in the words of Go's GOOS and GOARCH (OCI image specification, image-index.md). <see cref="Parse"/> reads and
/// checks what users write; the constructor takes anything, since indexes hold more than dev containers (<c>unknown/unknown</c> marks an
/// attestation).
/// </summary>
/// <param name="Os">Operating system, such as <c>linux</c>.</param>
/// <param name="Architecture">Architecture, such as <c>amd64</c>.</param>
/// <param name="Variant">Variant of the architecture, such as <c>v7</c>; null where it has none.</param>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    private const string Allowed =
        "linux/amd64, linux/amd64/v2, linux/amd64/v3, linux/amd64/v4, linux/arm64, linux/arm64/v9, linux/arm/v5, linux/arm/v6, "
        + "linux/arm/v7, linux/386, linux/loong64, linux/mips64le, linux/ppc64le, linux/riscv64, linux/s390x";

    /// <summary>The platform that this machine runs without emulation. Dev containers are Linux, so its operating system always
    /// is.</summary>
    public static Platform Host { get; } = RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => new Platform("linux", "amd64"),
        System.Runtime.InteropServices.Architecture.Arm64 => new Platform("linux", "arm64"),
        System.Runtime.InteropServices.Architecture.X86 => new Platform("linux", "386"),
        System.Runtime.InteropServices.Architecture.Arm => new Platform("linux", "arm", "v7"),
        System.Runtime.InteropServices.Architecture.Armv6 => new Platform("linux", "arm", "v6"),
        System.Runtime.InteropServices.Architecture.LoongArch64 => new Platform("linux", "loong64"),
        System.Runtime.InteropServices.Architecture.RiscV64 => new Platform("linux", "riscv64"),
        System.Runtime.InteropServices.Architecture.S390x => new Platform("linux", "s390x"),
        System.Runtime.InteropServices.Architecture.Ppc64le => new Platform("linux", "ppc64le"),
        var other => new Platform("linux", other.ToString().ToLowerInvariant()),
    };

    /// <summary>For a file name: <c>linux-arm-v7</c>.</summary>
    public string FileName => ToString().Replace('/', '-');

    /// <summary>
    /// The same platform in its one usual spelling: lower case, <c>x86_64</c> as <c>amd64</c>, <c>arm64/v8</c> as <c>arm64</c>,
    /// <c>arm</c> as <c>arm/v7</c> (the rules of containerd/platforms, database.go). Compare platforms by it.
    /// </summary>
    public Platform Normalized
    {
        get
        {
            string variant = Variant?.ToLowerInvariant() ?? "";
            (string architecture, variant) = (Architecture.ToLowerInvariant(), variant) switch
            {
                ("386" or "i386" or "i486" or "i586" or "i686" or "x86", _) => ("386", ""),
                ("amd64" or "x86_64" or "x86-64" or "x64", "" or "v1" or "1") => ("amd64", ""),
                ("amd64" or "x86_64" or "x86-64" or "x64", _) => ("amd64", variant),
                ("arm64" or "aarch64", "" or "8" or "v8") => ("arm64", ""),
                ("arm64" or "aarch64", _) => ("arm64", variant),
                ("armhf", _) => ("arm", "v7"),
                ("armel", _) => ("arm", "v6"),
                ("arm", "" or "7") => ("arm", "v7"),
                ("arm", "5" or "6" or "8") => ("arm", "v" + variant),
                var (other, _) => (other, variant),
            };
            return new Platform(Os.ToLowerInvariant(), architecture, variant.Length == 0 ? null : variant);
        }
    }

    /// <summary>Reads <c>os/architecture[/variant]</c> or just an architecture, and normalises it (see <see cref="Normalized"/>).</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.PlatformInvalid"/>: nothing a dev container can run on; lists what
    /// is.</exception>
    public static Platform Parse(string? text) =>
        TryParse(text, out Platform? platform)
            ? platform
            : throw new DevcontainerException(Codes.PlatformInvalid, Printable.Quote(text), Allowed);

    /// <summary>Like <see cref="Parse"/>; false where it would throw.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Platform? platform)
    {
        platform = null;
        string[] parts = (text ?? "").Trim().Split('/', 4);
        Platform? read = parts switch
        {
            [var architecture] => new Platform("linux", architecture),
            [var os, var architecture] => new Platform(os, architecture),
            [var os, var architecture, var variant] when variant.Length > 0 => new Platform(os, architecture, variant),
            _ => null,
        };

        if (read?.Normalized is { } normalized && IsAllowed(normalized))
        {
            platform = normalized;
            return true;
        }

        return false;
    }

    /// <summary><c>linux/arm/v7</c>.</summary>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static bool IsAllowed(Platform platform) => (platform.Os, platform.Architecture, platform.Variant) switch
    {
        ("linux", "amd64", null or "v2" or "v3" or "v4") => true,
        ("linux", "arm64", null or "v9") => true,
        ("linux", "arm", "v5" or "v6" or "v7") => true,
        ("linux", "386" or "loong64" or "mips64le" or "ppc64le" or "riscv64" or "s390x", null) => true,
        _ => false,
    };
}

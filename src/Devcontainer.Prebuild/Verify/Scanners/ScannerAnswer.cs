namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>What a scanner says of an image.</summary>
/// <param name="Found">The vulnerabilities.</param>
/// <param name="DataFrom">When its data was made; null where the answer does not say.</param>
internal sealed record ScannerAnswer(IReadOnlyList<ScannedVulnerability> Found, DateTimeOffset? DataFrom = null);

/// <summary>A vulnerability that a scanner found.</summary>
/// <param name="Id">Its id, as <c>CVE-…</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Package">The package.</param>
/// <param name="Version">The package's version.</param>
internal sealed record ScannedVulnerability(string Id, FindingSeverity Severity, string Package, string Version)
{
    /// <summary>The version that has it no more; null where none is known.</summary>
    internal string? FixedIn { get; init; }

    /// <summary>Address of what is known of it; null where the scanner names none.</summary>
    internal string? Address { get; init; }

    /// <summary>The file of the package, without leading <c>/</c>; null where the scanner names none.</summary>
    internal string? Path { get; init; }

    /// <summary>The digest of the uncompressed layer; null where the scanner names none.</summary>
    internal string? DiffId { get; init; }
}

namespace Devcontainer.Prebuild.CI;

/// <summary>Where an image is built, and from which sources, as its provenance tells.</summary>
internal sealed record BuildOrigin
{
    /// <summary>A machine that is no CI system: nobody vouches for it, nor for what its work tree holds besides a commit.</summary>
    internal static BuildOrigin Local { get; } = new() { Builder = "urn:devcontainer-sdk:builder:local" };

    /// <summary>Who is trusted with having built it (SLSA provenance, <c>builder.id</c>): a URI.</summary>
    internal required string Builder { get; init; }

    /// <summary>The one run of the builder: a URI, or null.</summary>
    internal string? Invocation { get; init; }

    /// <summary>Address of the repository, without credentials; null where nobody tells.</summary>
    internal string? Repository { get; init; }

    /// <summary>The reference that is built, such as <c>refs/heads/main</c>; null where nobody tells.</summary>
    internal string? Reference { get; init; }

    /// <summary>The commit that is built; null where nobody tells.</summary>
    internal string? Commit { get; init; }

    /// <summary>An address without the credentials that it may have; null where it is none.</summary>
    internal static string? WithoutCredentials(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) ? uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped) : null;
}

namespace Devcontainer.Oci;

/// <summary>One entry of a layer.</summary>
public sealed record LayerEntry
{
    private const string WhiteoutPrefix = ".wh.";
    private const string OpaqueWhiteout = ".wh..wh..opq";

    /// <summary>Path from the root: no leading or trailing <c>/</c>, no <c>.</c> or <c>..</c>; empty for the root itself.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>The twelve permission bits.</summary>
    public required int Mode { get; init; }

    /// <summary>User id of the owner.</summary>
    public required long Uid { get; init; }

    /// <summary>Group id of the owner.</summary>
    public required long Gid { get; init; }

    /// <summary>Bytes of content; zero for all but files.</summary>
    public required long Size { get; init; }

    /// <summary>When it was last changed, in whole seconds since 1970, negative before.</summary>
    public required long ModifiedSeconds { get; init; }

    /// <summary>Target of a symbolic link as written; of a hard link as a path like <see cref="Path"/>; null for others.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>Whether the archive named it by an absolute path, as no layer should and an attack might.</summary>
    public bool WasAbsolute { get; init; }

    /// <summary>A file's bytes; empty for others. Valid until the next entry is read, which skips what is left of it.</summary>
    public required Stream Content { get; init; }

    /// <summary>The path that this entry removes from the layers below; null where it removes none (whiteouts: OCI image specification,
    /// layer.md).</summary>
    public string? Removes
    {
        get
        {
            int name = Path.LastIndexOf('/') + 1;
            return IsOpaque || !Path.AsSpan(name).StartsWith(WhiteoutPrefix, StringComparison.Ordinal)
                ? null
                : string.Concat(Path.AsSpan(0, name), Path.AsSpan(name + WhiteoutPrefix.Length));
        }
    }

    /// <summary>Whether this entry hides everything that layers below have in its directory.</summary>
    public bool IsOpaque => Path.AsSpan(Path.LastIndexOf('/') + 1).SequenceEqual(OpaqueWhiteout);
}

namespace Devcontainer.Spec;

/// <summary>What a lock file says of one Feature.</summary>
/// <param name="Id">The id as written, in the configuration or in a Feature that depends on it.</param>
/// <param name="Version">Its version; null where its metadata names none.</param>
/// <param name="Resolved">Exactly what was found: <c>registry/repository@digest</c>, or the URL.</param>
/// <param name="Integrity">The digest of the manifest, or of the tarball.</param>
/// <param name="DependsOn">The ids that it depends on.</param>
public sealed record LockedFeature(string Id, string? Version, string Resolved, string Integrity, IReadOnlyList<string> DependsOn)
{
    /// <summary>Whether both say the same.</summary>
    public bool Equals(LockedFeature? other) =>
        other is not null && Id == other.Id && Version == other.Version && Resolved == other.Resolved && Integrity == other.Integrity
        && DependsOn.SequenceEqual(other.DependsOn, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Version, Resolved, Integrity);
}

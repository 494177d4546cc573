namespace Devcontainer.Prebuild.Pruning;

/// <summary>Which repository to prune, and what to keep there besides what tags need.</summary>
public sealed record PruneRequest
{
    /// <summary>Registry; empty for none, which is an error.</summary>
    public required string Registry { get; init; }

    /// <summary>Repository.</summary>
    public required string Repository { get; init; }

    /// <summary>Absolute path of the output folder: what its <c>published.json</c>, <c>rollback.json</c> and <c>receipt.json</c> name is kept.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Absolute path of the configuration: what it and its lock file name is kept. They need not be there.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>Digests, references with a digest, and paths of files, relative to <see cref="Folder"/>, that have digests in them.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>Absolute path of the folder that <see cref="Keep"/> is relative to.</summary>
    public required string Folder { get; init; }

    /// <summary>How many images are kept that were built last.</summary>
    public int KeepLast { get; init; } = 10;

    /// <summary>For how many days an image is kept after it was built; zero for not at all.</summary>
    public int KeepDays { get; init; } = 30;

    /// <summary>Names of tags that keep nothing; <c>*</c> stands for any text.</summary>
    public IReadOnlyList<string> WeakTags { get; init; } = [];

    /// <summary>Delete. Else only say what would be.</summary>
    public bool Confirmed { get; init; }

    /// <summary>How registries are reached.</summary>
    public required RegistrySettings Registries { get; init; }
}

/// <summary>An image that was deleted, or would be.</summary>
/// <param name="Reference">Its name, by digest.</param>
/// <param name="Tags">The tags that named it.</param>
/// <param name="Built">When it was built; null where nothing says so.</param>
public sealed record PrunedImage(string Reference, IReadOnlyList<string> Tags, DateTimeOffset? Built);

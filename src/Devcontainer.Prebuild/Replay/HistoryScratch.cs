using Devcontainer.Prebuild.Inputs;

namespace Devcontainer.Prebuild.Replay;

/// <summary>A folder in which a history is gone through, and what reads it; gone with this.</summary>
internal sealed class HistoryScratch : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly GitBlobs _blobs;
    private readonly KeyHistory _keys;
    private readonly InputCache _cache;

    private HistoryScratch(DirectoryInfo folder, GitBlobs blobs, HistoryTree tree, KeyHistory keys, InputCache cache)
    {
        _folder = folder;
        _blobs = blobs;
        _keys = keys;
        _cache = cache;
        Tree = tree;
    }

    /// <summary>The files.</summary>
    internal HistoryTree Tree { get; }

    /// <summary>Begins at a commit; where there is none, as before a first one, with nothing.</summary>
    internal static async Task<HistoryScratch> OpenAsync(GitHistory history, PrebuildRequest request, string revision, CancellationToken cancellationToken)
    {
        string top = await history.TopAsync(cancellationToken).ConfigureAwait(false);
        string? commit = await history.CommitAsync(revision, cancellationToken).ConfigureAwait(false);
        Dictionary<string, GitFile> files = commit is null ? new(StringComparer.Ordinal) : await history.TreeAsync(commit, cancellationToken).ConfigureAwait(false);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("devcontainer-replay-");
        GitBlobs blobs = history.OpenBlobs(cancellationToken);
        try
        {
            var tree = new HistoryTree(folder.CreateSubdirectory("tree").FullName, blobs, files);
            KeyHistory keys = await KeyHistory.OpenAsync(request, top, tree, Path.Combine(folder.FullName, "features")).ConfigureAwait(false);
            return new HistoryScratch(folder, blobs, tree, keys, InputCache.Open(folder.FullName, isTrusted: false, isKept: false, DateTime.UtcNow));
        }
        catch
        {
            await blobs.DisposeAsync().ConfigureAwait(false);
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>The keys of the commit that the tree is at.</summary>
    internal Task<CommitKeys> ReadAsync(CancellationToken cancellationToken) => _keys.ReadAsync(_cache, cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _cache.Dispose();
        await _blobs.DisposeAsync().ConfigureAwait(false);
        _folder.Delete(recursive: true);
    }
}

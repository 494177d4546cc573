using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>Where .NET is published, or a copy of it: the releases that there are, and their archives.</summary>
/// <param name="root">Its address.</param>
/// <param name="isOffline">Whether it may not be asked.</param>
internal sealed class DotNetFeed(Uri root, bool isOffline) : IDisposable
{
    // The longest list of a channel has some megabytes.
    private const int LargestList = 64 * 1024 * 1024;

    private readonly FileDownload _download = new(Codes.FeedUnreachable);
    private readonly Dictionary<string, byte[]> _lists = new(StringComparer.Ordinal);

    /// <summary>The version of a part that the feed has now.</summary>
    /// <param name="part">The part.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC3092: no version will do. DEVC3093, DEVC3094: the feed does not answer, or is none. DEVC3096: it may not be asked.</exception>
    internal async Task<PinnedToolchain> ResolveAsync(ToolchainPart part, CancellationToken cancellationToken)
    {
        IReadOnlyList<(int Major, int Minor)> channels = await ReadAsync("release-metadata/releases-index.json", part, ReleaseIndex.ReadChannels, cancellationToken).ConfigureAwait(false);
        foreach ((int major, int minor) in part.Selection.PrefersLatest ? channels : channels.Reverse())
        {
            if (!part.Selection.MayBeIn(major, minor))
            {
                continue;
            }

            IReadOnlyDictionary<SdkVersion, PinnedToolchain> versions = await ReadAsync(
                $"release-metadata/{major}.{minor}/releases.json", part, json => ReleaseIndex.ReadReleases(json, part.Product), cancellationToken).ConfigureAwait(false);
            if (part.Selection.Select(versions.Keys) is { } version)
            {
                return versions[version];
            }
        }

        throw new DevcontainerException(Codes.ToolchainNotFound, part.Name, root);
    }

    /// <summary>Gets an archive.</summary>
    /// <param name="part">What it is of.</param>
    /// <param name="version">Its version.</param>
    /// <param name="rid">Its runtime identifier.</param>
    /// <param name="read">Reads it, from its beginning each time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC3093: the feed does not answer. DEVC3096: it may not be asked.</exception>
    internal Task<T> GetArchiveAsync<T>(
        ToolchainPart part, string version, string rid, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        RequireNetwork(part);
        return _download.GetAsync(AddressOf(part.Product.PathOf(version, rid)), read, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _download.Dispose();

    private async Task<T> ReadAsync<T>(string path, ToolchainPart part, Func<ReadOnlyMemory<byte>, T> read, CancellationToken cancellationToken)
    {
        RequireNetwork(part);
        Uri address = AddressOf(path);
        if (!_lists.TryGetValue(path, out byte[]? json))
        {
            _lists[path] = json = await _download.GetAsync(address, (body, token) => ReadListAsync(address, body, token), cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return read(json);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.FeedInvalid, null, address, e.Message.TrimEnd('.')), e);
        }
    }

    private static async Task<byte[]> ReadListAsync(Uri address, Stream body, CancellationToken cancellationToken)
    {
        using var list = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (list.Length + read > LargestList)
            {
                throw new DevcontainerException(Codes.FeedInvalid, address, $"it is longer than {LargestList} bytes");
            }

            list.Write(buffer, 0, read);
        }

        return list.ToArray();
    }

    private Uri AddressOf(string path) => new($"{root.AbsoluteUri.TrimEnd('/')}/{path}");

    private void RequireNetwork(ToolchainPart part)
    {
        if (isOffline)
        {
            throw new DevcontainerException(Codes.ToolchainOffline, part.Name, root);
        }
    }
}

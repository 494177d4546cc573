using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild;

/// <summary>
/// The folder that a prebuild writes to, held for one build at a time. What it has: <c>image/</c>, <c>sbom/</c>, <c>plan/</c>, <c>receipt.json</c>; while a
/// build goes on also a staging folder, which nobody reads and the next build removes.
/// </summary>
public sealed class OutputFolder : IDisposable
{
    private const string StagingPrefix = ".build-";
    private const string LockName = ".lock";

    // What is left of a receipt whose writer was killed (AtomicFile).
    private const string UnfinishedReceiptPrefix = $".{Receipt.FileName}.";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly FileStream _lock;

    private OutputFolder(string path, FileStream @lock)
    {
        Root = path;
        _lock = @lock;
    }

    /// <summary>Absolute path of the folder.</summary>
    internal string Root { get; }

    /// <summary>The layout.</summary>
    internal string Image => Path.Combine(Root, "image");

    /// <summary>The plan.</summary>
    internal string Plan => Path.Combine(Root, "plan");

    /// <summary>What a prebuild writes here, and a clean deletes.</summary>
    private static readonly string[] Owned = ["image", "sbom", "plan", Receipt.FileName, LockName];

    /// <summary>Takes the folder, waiting for another build that has it.</summary>
    /// <exception cref="DevcontainerException">DEVC9003: it cannot be written.</exception>
    internal static async Task<OutputFolder> AcquireAsync(string path, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(path);
            string file = Path.Combine(path, LockName);
            if (new FileInfo(file).LinkTarget is not null)
            {
                // Else what it points to would be overwritten.
                File.Delete(file);
            }

            bool told = false;
            while (true)
            {
                try
                {
                    // The system lets go of the lock when its holder dies, however it dies.
                    var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                    stream.SetLength(0);
                    stream.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
                    stream.Flush();
                    return new OutputFolder(path, stream);
                }
                catch (IOException e) when (IsHeld(e))
                {
                    if (!told)
                    {
                        reporter.Status($"Another build writes '{path}'; waiting for it.");
                        told = true;
                    }

                    await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, path, e.Message), e);
        }
    }

    /// <summary>The layout of the image; one that is damaged is begun anew, for it is ours.</summary>
    internal OciLayout OpenLayout()
    {
        try
        {
            return OciLayout.Create(Image);
        }
        catch (DevcontainerException e) when (e.Diagnostic.Code == Codes.LayoutInvalid)
        {
            Delete(Image);
            return OciLayout.Create(Image);
        }
    }

    /// <summary>A new, empty staging folder; those that earlier builds could not remove go.</summary>
    internal string CreateStaging()
    {
        foreach (string old in Directory.EnumerateDirectories(Root, StagingPrefix + "*"))
        {
            Delete(old);
        }

        string staging = Path.Combine(Root, StagingPrefix + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(staging);
        return staging;
    }

    /// <summary>Deletes what a prebuild wrote into a folder, and the folder where nothing else is in it.</summary>
    public static void Clean(string path)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        foreach (string entry in Directory.EnumerateFileSystemEntries(path))
        {
            string name = Path.GetFileName(entry);
            if (Array.IndexOf(Owned, name) >= 0
                || name.StartsWith(StagingPrefix, StringComparison.Ordinal)
                || name.StartsWith(UnfinishedReceiptPrefix, StringComparison.Ordinal))
            {
                Delete(entry);
            }
        }

        if (!Directory.EnumerateFileSystemEntries(path).Any())
        {
            Directory.Delete(path);
        }
    }

    /// <summary>Deletes a file, a link or a folder with all that is in it; links are not followed.</summary>
    internal static void Delete(string path)
    {
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null)
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();

    // EAGAIN on Linux (11) and macOS (35); a sharing violation (32) on Windows.
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 32 or 35;
}

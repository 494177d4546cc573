using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Comparison;
using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Replay;
using Devcontainer.Prebuild.Reports;
using Devcontainer.Prebuild.Sharing;
using Devcontainer.Prebuild.SmokeTests;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild;

/// <summary>
/// The folder that a prebuild writes to, held for one build at a time. What it has: <c>image/</c>, <c>sbom/</c>, <c>plan/</c>, <c>receipt.json</c>, <c>metrics.json</c>, <c>metrics.prom</c>,
/// <c>inputs.cache</c>; while a build goes on also a staging folder, which nobody reads and the next build removes.
/// </summary>
public sealed class OutputFolder : IDisposable
{
    /// <summary>How long to wait for another build that has the folder: longer than most builds, shorter than a CI job may run.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(30);

    private const string StagingPrefix = ".build-";
    private const string LockName = ".lock";

    // What is left of a file whose writer was killed (AtomicFile).
    private static readonly string[] UnfinishedPrefixes = [$".{Receipt.FileName}.", $".{PrebuildMetrics.FileName}.", $".{PrometheusText.FileName}.", $".{InputCache.FileName}."];
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

    private static readonly string[] Folders = ["image", "sbom", "plan", PlatformDigest.FolderName, JUnitReport.FolderName];

    /// <summary>What a prebuild and a push write here, and a clean deletes.</summary>
    private static readonly string[] Owned =
    [
        .. Folders, Receipt.FileName, PrebuildMetrics.FileName, PrometheusText.FileName, InputCache.FileName, PublishReport.DotenvFileName, PublishedImage.FileName, PublishedImage.RollbackFileName,
        ChangesFile.FileName, ChangesFile.PageName, ExplanationFile.FileName, ReplayFile.FileName, DetectedFile.FileName, SarifFile.FileName, ReportPage.FileName, LockName,
    ];

    /// <summary>Takes the folder, waiting for another build that has it.</summary>
    /// <param name="path">Absolute path of the folder, which is made where it is not there.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="reporter">Is told once that there is a wait, and for which process.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DevcontainerException">DEVC9003: it cannot be written. DEVC9006: the other build has not let go of it.</exception>
    internal static async Task<OutputFolder> AcquireAsync(string path, TimeSpan timeout, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        try
        {
            string file = Path.Combine(path, LockName);
            FileStream? held = TryLock(file);
            if (held is null)
            {
                reporter.Status($"Another build, {Holder(file)}, writes '{path}'; waiting for it.");
                long started = Stopwatch.GetTimestamp();
                while ((held = TryLock(file)) is null)
                {
                    // Never taken away from a build that lives, though it may be stopped: it would go on writing.
                    if (Stopwatch.GetElapsedTime(started) >= timeout)
                    {
                        throw new DevcontainerException(Codes.OutputHeld, path, Holder(file), timeout);
                    }

                    await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
                }
            }

            var output = new OutputFolder(path, held);
            output.RemoveLeftovers();
            return output;
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

    /// <summary>Absolute path of the layout where it has the whole image of a receipt; empty where layers are still in the registry.</summary>
    internal string LayoutOf(OciLayout layout, Receipt receipt) =>
        RemoteLayout.Entry(layout, Digest.Parse(receipt.Image.Digest)) is { } root && RemoteLayout.RepositoryOf(root) is null ? Image : string.Empty;

    /// <summary>A new, empty staging folder.</summary>
    internal string CreateStaging()
    {
        string staging = Path.Combine(Root, StagingPrefix + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(staging);
        return staging;
    }

    /// <summary>Deletes what a prebuild wrote into a folder, and the folder where nothing else is in it; not under a build that goes on.</summary>
    /// <param name="path">Absolute path of the folder.</param>
    /// <param name="timeout">How long to wait for a build that has the folder.</param>
    /// <param name="reporter">Is told of such a wait.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC9003, DEVC9006.</exception>
    public static async Task CleanAsync(string path, TimeSpan timeout, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        if (Directory.EnumerateFileSystemEntries(path).Any(IsOwned))
        {
            using OutputFolder output = await AcquireAsync(path, timeout, reporter, cancellationToken).ConfigureAwait(false);
            foreach (string entry in Directory.EnumerateFileSystemEntries(path).Where(IsOwned))
            {
                // The lock goes with the rest while it is held: whoever waits for it finds it gone and makes a new one.
                Delete(entry);
            }
        }

        try
        {
            if (!Directory.EnumerateFileSystemEntries(path).Any())
            {
                Directory.Delete(path);
            }
        }
        catch (IOException) when (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any())
        {
            // Another clean was faster, or a build that waited has begun.
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

    // What killed builds could not remove; and what is not of the kind that we make, such as a link that leads elsewhere.
    private void RemoveLeftovers()
    {
        foreach (string staging in Directory.EnumerateDirectories(Root, StagingPrefix + "*"))
        {
            Delete(staging);
        }

        foreach (string folder in Folders)
        {
            string path = Path.Combine(Root, folder);
            if (new FileInfo(path).LinkTarget is not null || File.Exists(path))
            {
                File.Delete(path);
            }
        }

        // Nothing in there is a folder, but for the one of environment images.
        string sboms = Path.Combine(Root, "sbom");
        string environments = Path.Combine(sboms, ReceiptSbom.EnvironmentFolder);
        if (new FileInfo(environments).LinkTarget is not null)
        {
            File.Delete(environments);
        }

        foreach (string folder in Folder(sboms).Where(folder => folder != environments).Concat(Folder(environments)))
        {
            Delete(folder);
        }

        string receipt = Path.Combine(Root, Receipt.FileName);
        if (new FileInfo(receipt).LinkTarget is not null || Directory.Exists(receipt))
        {
            Delete(receipt);
        }
    }

    private static string[] Folder(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];

    private static bool IsOwned(string entry)
    {
        string name = Path.GetFileName(entry);
        return Array.IndexOf(Owned, name) >= 0
            || name.StartsWith(StagingPrefix, StringComparison.Ordinal)
            || UnfinishedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
    }

    // The system lets go of the lock when its holder dies, however it dies.
    private static FileStream? TryLock(string file)
    {
        // A clean may take folder and file away between two looks.
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (new FileInfo(file).LinkTarget is not null)
        {
            // Else what it points to would be overwritten.
            File.Delete(file);
        }

        try
        {
            var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, Share, bufferSize: 0);
            if (!File.Exists(file))
            {
                // Deleted after it was opened: nobody else would ask for this one.
                stream.Dispose();
                return null;
            }

            Sign(stream);
            return stream;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    private static void Sign(FileStream stream)
    {
        try
        {
            stream.SetLength(0);
            stream.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
            // A full disk: the lock holds without, and a clean, which would free space, needs nothing more.
        }
    }

    // On Unix, None is the exclusive lock. On Windows nobody else can write, while a waiter may read and a clean delete.
    private static FileShare Share => OperatingSystem.IsWindows() ? FileShare.Read | FileShare.Delete : FileShare.None;

    /// <summary>The process that has the folder, in words.</summary>
    private static string Holder(string file)
    {
        byte[] content = new byte[16];
        int length = Read(file, content);
        return int.TryParse(content.AsSpan(0, Math.Max(length, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out int process)
            ? string.Create(CultureInfo.InvariantCulture, $"process {process}")
            : "an unknown process";
    }

    // A FileStream would ask for the lock, whatever it is opened for.
    private static int Read(string file, byte[] content)
    {
        if (OperatingSystem.IsWindows())
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return stream.Read(content);
        }

        int descriptor = NativeMethods.Open(Encoding.UTF8.GetBytes(file + '\0'), NativeMethods.ReadOnly);
        if (descriptor < 0)
        {
            return 0;
        }

        int length = (int)NativeMethods.Read(descriptor, content, content.Length);
        _ = NativeMethods.Close(descriptor);
        return length;
    }

    /// <summary>Whether another one has a file locked: EAGAIN on Linux (11) and macOS (35), a sharing violation (32) on Windows.</summary>
    internal static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 32 or 35;

    private static class NativeMethods
    {
        /// <summary>O_RDONLY on every Unix.</summary>
        internal const int ReadOnly = 0;

        [DllImport("libc", EntryPoint = "open")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "read")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern nint Read(int descriptor, byte[] buffer, nint count);

        [DllImport("libc", EntryPoint = "close")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Close(int descriptor);
    }
}

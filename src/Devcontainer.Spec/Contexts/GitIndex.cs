using System.Buffers.Binary;
using System.Text;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// Which files of a folder git tracks, and which of them can be executed, read from the index without starting git
/// (git <c>Documentation/gitformat-index.adoc</c>, versions 2 to 4).
/// </summary>
/// <remarks>
/// A checkout's own permission bits depend on the machine: on Windows, or with a file system that keeps none, every checkout would make
/// another image.
/// </remarks>
public sealed class GitIndex
{
    private const int ExecutableFile = 0x81ED;
    private const int Submodule = 0xE000;
    private const int TypeMask = 0xF000;
    private const int PlainFile = 0x8000;
    private const int FixedPart = 40;
    private const int ExtendedFlag = 0x4000;

    private Dictionary<string, bool> modes = new(StringComparer.Ordinal);

    private GitIndex(string path) => Path = path;

    /// <summary>The index file.</summary>
    public string Path { get; }

    /// <summary>
    /// Why the index could not be used, and every file counts as not tracked; null where it could. Its form may be one we do not read:
    /// a split index, or a version of a later git.
    /// </summary>
    public string? Unusable { get; private set; }

    /// <summary>Finds and reads the index of the repository around a folder.</summary>
    /// <returns>Null outside a repository, and in one that has no index yet.</returns>
    public static GitIndex? Find(string folder)
    {
        string full = System.IO.Path.GetFullPath(folder);
        full = new DirectoryInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        for (string? top = full; top is not null; top = System.IO.Path.GetDirectoryName(top))
        {
            if (IndexOf(top) is { } index)
            {
                string prefix = System.IO.Path.GetRelativePath(top, full).Replace(System.IO.Path.DirectorySeparatorChar, '/');
                return Read(index, top, prefix == "." ? string.Empty : prefix + "/");
            }
        }

        return null;
    }

    /// <summary>Whether a file can be executed; null where git does not track it.</summary>
    /// <param name="path">Relative to the folder given to <see cref="Find"/>, with <c>/</c>.</param>
    public bool? IsExecutable(string path) => modes.TryGetValue(path, out bool executable) ? executable : null;

    /// <summary>Reads an index file.</summary>
    /// <param name="index">The file.</param>
    /// <param name="top">The folder of the work tree.</param>
    /// <param name="prefix">Only paths that begin with this count, and lose it.</param>
    internal static GitIndex? Read(string index, string top, string prefix)
    {
        var result = new GitIndex(index);
        result.Add(index, top, prefix, string.Empty);
        return File.Exists(index) ? result : null;
    }

    /// <summary>The index of a folder that is the top of a work tree; null where it is none.</summary>
    private static string? IndexOf(string top)
    {
        string git = System.IO.Path.Combine(top, ".git");
        if (Directory.Exists(git))
        {
            return System.IO.Path.Combine(git, "index");
        }

        // Work trees and submodules have a file that says where their git folder is.
        if (!File.Exists(git))
        {
            return null;
        }

        try
        {
            string text = File.ReadAllText(git).TrimEnd('\n', '\r');
            const string start = "gitdir: ";
            return text.StartsWith(start, StringComparison.Ordinal)
                ? System.IO.Path.Combine(System.IO.Path.GetFullPath(text[start.Length..], top), "index")
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Adds the files of an index; <paramref name="at"/> is where its work tree lies in the folder asked about.</summary>
    private void Add(string index, string top, string prefix, string at)
    {
        byte[] bytes;
        try
        {
            if (!File.Exists(index))
            {
                return;
            }

            bytes = File.ReadAllBytes(index);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Unusable ??= exception.Message;
            return;
        }

        byte[] prefixBytes = Encoding.UTF8.GetBytes(prefix);

        // The object format is in the repository's configuration; that the file ends where it should tells as well.
        string? sha1 = TryParse(bytes, hashLength: 20, prefixBytes, at, out Dictionary<string, bool> files, out List<string> submodules);
        if (sha1 is not null && TryParse(bytes, hashLength: 32, prefixBytes, at, out files, out submodules) is not null)
        {
            Unusable ??= sha1;
            return;
        }

        if (modes.Count == 0)
        {
            modes = files;
        }
        else
        {
            foreach ((string path, bool executable) in files)
            {
                modes[path] = executable;
            }
        }

        foreach (string path in submodules)
        {
            string submodule = System.IO.Path.Combine(top, prefix + path);
            if (IndexOf(submodule) is { } inner)
            {
                Add(inner, submodule, string.Empty, at + path + "/");
            }
        }
    }

    /// <summary>Reads the entries that begin with the prefix; null, or why it cannot.</summary>
    private static string? TryParse(
        ReadOnlySpan<byte> bytes, int hashLength, ReadOnlySpan<byte> prefix, string at, out Dictionary<string, bool> files, out List<string> submodules)
    {
        const string broken = "it is not a whole index file";
        files = new Dictionary<string, bool>(StringComparer.Ordinal);
        submodules = [];
        if (bytes.Length < 12 + hashLength || !bytes.StartsWith("DIRC"u8))
        {
            return broken;
        }

        uint version = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        uint count = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        if (version is < 2 or > 4)
        {
            return $"its version is {version}";
        }

        int end = bytes.Length - hashLength;
        if (prefix.IsEmpty)
        {
            files.EnsureCapacity((int)Math.Min(count, end / (FixedPart + hashLength)));
        }

        int position = 12;
        byte[] path = new byte[4096];
        int pathLength = 0;
        for (uint i = 0; i < count; i++)
        {
            int start = position;
            if (end - position < FixedPart + hashLength + 2)
            {
                return broken;
            }

            int mode = BinaryPrimitives.ReadInt32BigEndian(bytes[(position + 24)..]);
            position += FixedPart + hashLength;
            int flags = BinaryPrimitives.ReadUInt16BigEndian(bytes[position..]);
            position += (flags & ExtendedFlag) != 0 && version >= 3 ? 4 : 2;

            int kept = 0;
            if (version == 4 && !TryReadKept(bytes[..end], ref position, pathLength, out kept))
            {
                return broken;
            }

            int length = position < end ? bytes[position..end].IndexOf((byte)0) : -1;
            if (length < 0)
            {
                return broken;
            }

            if (kept + length > path.Length)
            {
                Array.Resize(ref path, Math.Max(path.Length * 2, kept + length));
            }

            bytes.Slice(position, length).CopyTo(path.AsSpan(kept));
            pathLength = kept + length;
            position += length + 1;
            if (version < 4)
            {
                // One to eight zeros end an entry, so that the next begins at a multiple of eight from here.
                position = start + ((position - 1 - start + 8) & ~7);
            }

            ReadOnlySpan<byte> whole = path.AsSpan(0, pathLength);
            if (whole.StartsWith(prefix))
            {
                string name = Encoding.UTF8.GetString(whole[prefix.Length..]);
                if (mode == Submodule)
                {
                    submodules.Add(name);
                }
                else if ((mode & TypeMask) == PlainFile)
                {
                    files[at + name] = mode == ExecutableFile;
                }
            }
        }

        return ReadExtensions(bytes, position, end, broken);
    }

    /// <summary>In version 4 an entry says how many bytes of the path before it to drop.</summary>
    private static bool TryReadKept(ReadOnlySpan<byte> bytes, ref int position, int previous, out int kept)
    {
        // The same variable-length integer as in pack offsets: each further byte counts one more.
        long value = 0;
        for (bool first = true; position < bytes.Length && value < int.MaxValue; first = false)
        {
            byte b = bytes[position++];
            value = ((first ? value : value + 1) << 7) | (uint)(b & 0x7F);
            if ((b & 0x80) == 0)
            {
                kept = previous - (int)Math.Min(value, int.MaxValue);
                return kept >= 0;
            }
        }

        kept = 0;
        return false;
    }

    /// <summary>Extensions whose name begins with a lower-case letter change what the entries mean.</summary>
    private static string? ReadExtensions(ReadOnlySpan<byte> bytes, int position, int end, string broken)
    {
        while (position < end)
        {
            if (end - position < 8)
            {
                return broken;
            }

            ReadOnlySpan<byte> name = bytes.Slice(position, 4);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[(position + 4)..]);
            if (length > end - position - 8)
            {
                return broken;
            }

            if (name.SequenceEqual("link"u8))
            {
                return "it is split: 'git update-index --no-split-index' joins it";
            }

            // A sparse index has folders in place of the files in them; those files are not checked out.
            if (name[0] is >= (byte)'a' and <= (byte)'z' && !name.SequenceEqual("sdir"u8))
            {
                return $"it has an extension '{Encoding.ASCII.GetString(name)}'";
            }

            position += 8 + (int)length;
        }

        return position == end ? null : broken;
    }
}

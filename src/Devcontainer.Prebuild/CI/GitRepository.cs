using System.IO.Compression;
using System.Text;

namespace Devcontainer.Prebuild.CI;

/// <summary>
/// A git repository's references, read from its files without starting git (git <c>Documentation/gitrepository-layout.adoc</c>,
/// <c>Documentation/git-pack-refs.adoc</c>). What cannot be read is not there: references in the reftable form are not.
/// </summary>
internal sealed class GitRepository
{
    private const string TagPrefix = "refs/tags/";
    private const string RemoteHead = "refs/remotes/origin/HEAD";

    // A symbolic reference may point to another; git follows as many.
    private const int MaxIndirections = 5;

    // The first lines of a tag object name what it is a tag of.
    private const int TagHeaderLength = 256;

    private readonly string _gitFolder;
    private readonly string _commonFolder;
    private readonly Dictionary<string, PackedRef> _packed;

    private GitRepository(string gitFolder)
    {
        _gitFolder = gitFolder;

        // A work tree of its own has a HEAD of its own, and shares the rest.
        string? common = ReadText(Path.Combine(gitFolder, "commondir"))?.Trim();
        _commonFolder = string.IsNullOrEmpty(common) ? gitFolder : Path.GetFullPath(common, gitFolder);
        _packed = ReadPackedRefs(Path.Combine(_commonFolder, "packed-refs"));
    }

    /// <summary>The repository around a folder; null where there is none.</summary>
    internal static GitRepository? Find(string folder)
    {
        for (string? top = Path.GetFullPath(folder); top is not null; top = Path.GetDirectoryName(top))
        {
            string git = Path.Combine(top, ".git");
            if (Directory.Exists(git))
            {
                return new GitRepository(git);
            }

            // Work trees and submodules have a file that says where their git folder is.
            if (GitRef.After(ReadText(git)?.TrimEnd('\n', '\r'), "gitdir: ") is { } elsewhere)
            {
                return new GitRepository(Path.GetFullPath(elsewhere, top));
            }
        }

        return null;
    }

    /// <summary>What is checked out.</summary>
    internal GitRevision Read()
    {
        string? head = ReadText(Path.Combine(_gitFolder, "HEAD"))?.Trim();
        string? reference = GitRef.After(head, "ref: ");
        string? commit = reference is null ? GitRef.Commit(head) : Resolve(reference);
        IReadOnlyDictionary<string, PackedRef> tags = Tags();
        return new GitRevision(
            commit,
            GitRef.Branch(reference),
            DefaultBranch(),
            [.. tags.Where(tag => commit is not null && Peel(tag.Value) == commit).Select(static tag => tag.Key)],
            [.. tags.Keys]);
    }

    private string? DefaultBranch() =>
        GitRef.After(GitRef.After(ReadText(Path.Combine(_commonFolder, RemoteHead))?.Trim(), "ref: "), "refs/remotes/origin/");

    private string? Resolve(string reference)
    {
        for (int i = 0; i < MaxIndirections && IsReference(reference); i++)
        {
            string? text = ReadText(Path.Combine(_commonFolder, reference))?.Trim();
            if (GitRef.After(text, "ref: ") is { } next)
            {
                reference = next;
                continue;
            }

            return GitRef.Commit(text) ?? (_packed.TryGetValue(reference, out PackedRef packed) ? packed.Object : null);
        }

        return null;
    }

    private SortedDictionary<string, PackedRef> Tags()
    {
        var tags = new SortedDictionary<string, PackedRef>(StringComparer.Ordinal);
        foreach ((string name, PackedRef packed) in _packed)
        {
            if (GitRef.Tag(name) is { } tag)
            {
                tags[tag] = packed;
            }
        }

        // One in a file of its own is newer than a packed one.
        string folder = Path.Combine(_commonFolder, TagPrefix);
        if (Directory.Exists(folder))
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                if (GitRef.Commit(ReadText(file)?.Trim()) is { } target)
                {
                    tags[Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')] = new PackedRef(target, null);
                }
            }
        }

        return tags;
    }

    // The commit that a tag names, through a tag object where there is one. One in a pack is not looked for: `git clone` and `git gc`, which
    // make packs, note in packed-refs what it names.
    private string Peel(PackedRef tag)
    {
        if (tag.Peeled is not null)
        {
            return tag.Peeled;
        }

        string target = tag.Object;
        for (int i = 0; i < MaxIndirections && TagTarget(target) is { } next; i++)
        {
            target = next;
        }

        return target;
    }

    /// <summary>What a loose tag object is a tag of; null for any other object.</summary>
    private string? TagTarget(string name)
    {
        string file = Path.Combine(_commonFolder, "objects", name[..2], name[2..]);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using var stream = new ZLibStream(File.OpenRead(file), CompressionMode.Decompress);
            byte[] bytes = new byte[TagHeaderLength];
            string text = Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return text.StartsWith("tag ", StringComparison.Ordinal) && text.IndexOf("\0object ", StringComparison.Ordinal) is > 0 and int start
                ? GitRef.Commit(text[(start + "\0object ".Length)..].Split('\n')[0])
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    private static Dictionary<string, PackedRef> ReadPackedRefs(string file)
    {
        var packed = new Dictionary<string, PackedRef>(StringComparer.Ordinal);
        string? last = null;
        foreach (string line in (ReadText(file) ?? string.Empty).Split('\n'))
        {
            string text = line.TrimEnd('\r');
            if (text.StartsWith('^') && last is not null)
            {
                packed[last] = packed[last] with { Peeled = GitRef.Commit(text[1..]) };
            }
            else if (text.Split(' ', 2) is [string hash, string name] && GitRef.Commit(hash) is { } target)
            {
                packed[name] = new PackedRef(target, null);
                last = name;
            }
        }

        return packed;
    }

    // Else the text of a broken HEAD would be the path of any file.
    private static bool IsReference(string name) => name.StartsWith("refs/", StringComparison.Ordinal) && !name.Contains("..", StringComparison.Ordinal);

    private static string? ReadText(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A reference and what it comes to through tag objects, where that is noted.</summary>
    private readonly record struct PackedRef(string Object, string? Peeled);
}

using System.Security.Cryptography;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Replay;

/// <summary>Makes the keys of commits, by the code that makes them in a build.</summary>
internal sealed class KeyHistory
{
    private static readonly string[] RestoreExtensions = [".props", ".targets", ".sln", ".slnx", ".slnf", ".rsp"];
    private static readonly string[] RestoreNames = ["nuget.config", "global.json", "dotnet-tools.json"];

    private readonly PrebuildRequest _request;
    private readonly HistoryTree _tree;
    private readonly string _features;
    private readonly string _configuration;
    private readonly HashSet<string> _contexts = new(StringComparer.Ordinal);

    private KeyHistory(PrebuildRequest request, HistoryTree tree, string features)
    {
        _request = request;
        _tree = tree;
        _features = features;
        _configuration = PathOf(request.ConfigFile);
    }

    /// <summary>Begins at a commit.</summary>
    /// <param name="request">What is built, in the work tree.</param>
    /// <param name="top">The top of the repository.</param>
    /// <param name="tree">The commit's files.</param>
    /// <param name="features">A folder for what stands for Features.</param>
    internal static async Task<KeyHistory> OpenAsync(PrebuildRequest request, string top, HistoryTree tree, string features)
    {
        string Moved(string path) => Path.GetRelativePath(top, path) is var relative && !relative.StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(relative)
            ? Path.Combine(tree.Root, relative)
            : path;

        string workspace = request.WorkspaceFolder ?? PrebuildRequest.WorkspaceOf(request.ConfigFile);
        var history = new KeyHistory(
            request with
            {
                ConfigFile = Moved(request.ConfigFile),
                WorkspaceFolder = Moved(workspace),
                Inputs = [.. request.Inputs.Select(input => input with { Path = Moved(input.Path) })],
                Restore = [.. request.Restore.Select(Moved)],
                LockedMode = false,
            },
            tree,
            features);
        string[] folders = [history.FolderOf(history._request.ConfigFile), history.PathOf(Path.Combine(history._request.WorkspaceFolder!, ".devcontainer")) + "/"];
        var declared = history._request.Inputs.Select(input => history.PathOf(input.Path)).ToHashSet(StringComparer.Ordinal);
        await tree.WidenAsync(path =>
            Array.Exists(folders, folder => path.StartsWith(folder, StringComparison.Ordinal))
            || declared.Contains(path)
            || IsNamedByConfigurations(path)
            || (request.Restore.Count > 0 && IsReadByRestore(path))).ConfigureAwait(false);
        return history;
    }

    /// <summary>The keys of the commit that the tree is at.</summary>
    internal async Task<CommitKeys> ReadAsync(InputCache cache, CancellationToken cancellationToken)
    {
        if (!_tree.Has(_configuration))
        {
            return new CommitKeys { Code = CommitKeys.Absent };
        }

        try
        {
            while (true)
            {
                PrebuildInputs inputs = await PrebuildInputs
                    .ReadAsync(Existing(), cache, new ReplayFeatures(_features, _request.ConfigFile, cache), SilentReporter.Instance, cancellationToken).ConfigureAwait(false);
                if (!await WidenAsync(inputs).ConfigureAwait(false))
                {
                    return Keys(Pinned(inputs));
                }
            }
        }
        catch (DevcontainerException e)
        {
            return new CommitKeys { Code = e.Diagnostic.Code };
        }
    }

    // What an old commit has not is no input of it.
    private PrebuildRequest Existing() => _request with
    {
        Inputs = [.. _request.Inputs.Where(static input => File.Exists(input.Path))],
        Restore = [.. _request.Restore.Where(File.Exists)],
    };

    // The files of the context that the Dockerfile names, where they are not written yet.
    private Task<bool> WidenAsync(PrebuildInputs inputs)
    {
        if (inputs.Context is not { } context)
        {
            return Task.FromResult(false);
        }

        string root = FolderOf(Path.Combine(context.Root, "x"));
        IEnumerable<string> prefixes = inputs.Sources.Select(source => root + Fixed(source));
        if (inputs.Sources.Count > 0 && _tree.HasLinks)
        {
            // A link may lead anywhere in the context.
            prefixes = prefixes.Append(root);
        }

        // Most commits name what an earlier one did, and that is written already.
        string[] more = [.. prefixes.Where(_contexts.Add)];
        return more.Length == 0 ? Task.FromResult(false) : _tree.WidenAsync(path => Array.Exists(more, prefix => IsBelow(path, prefix)));
    }

    private static bool IsBelow(string path, string prefix) =>
        prefix.Length == 0 || prefix[^1] == '/'
            ? path.StartsWith(prefix, StringComparison.Ordinal)
            : path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/');

    // What stands before the first wildcard, in whole folders; empty for all of the context.
    private static string Fixed(ContextSource source)
    {
        if (source.Undecided is not null)
        {
            return string.Empty;
        }

        string[] parts = [.. source.Path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static part => part != ".").TakeWhile(static part => part.AsSpan().IndexOfAny("*?[\\") < 0)];
        return parts.Contains("..") ? string.Empty : string.Join('/', parts);
    }

    // A base image that has no pin counts as one that never moves.
    private static PrebuildInputs Pinned(PrebuildInputs inputs)
    {
        LockFile pins = inputs.Lock;
        foreach (BaseImageInput image in inputs.BaseImages.Where(image => inputs.PinOf(image.Reference) is null))
        {
            string name = image.Reference.ToString();
            pins = pins.With(name, new PinnedImage(Digest.Sha256(Encoding.UTF8.GetBytes(name)), new Dictionary<string, string>()));
        }

        return inputs with { Lock = pins };
    }

    private CommitKeys Keys(PrebuildInputs inputs)
    {
        IReadOnlyList<CacheKey> keys = KeyComposer.Compose(inputs);
        IReadOnlyList<ReceiptInput> list = InputList.Of(inputs);
        return new CommitKeys
        {
            Environment = string.Join(' ', keys.Where(static key => key.Tier == KeyTier.Environment).Select(static key => key.Value)),
            Image = keys[^1].Value,
            Naive = Naive(list),
            Inputs = list,
        };
    }

    // The folder of the configuration and every input that is a file, as git has them.
    private string Naive(IReadOnlyList<ReceiptInput> inputs)
    {
        string workspace = FolderOf(Path.Combine(_request.WorkspaceFolder!, "x"));
        string folder = FolderOf(_request.ConfigFile);
        var files = inputs.Where(static input => !input.Path.StartsWith('<')).Select(input => workspace + input.Path).ToHashSet(StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string path, GitFile file) in _tree.Written)
        {
            if (files.Contains(path) || path.StartsWith(folder, StringComparison.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{file.Mode} {file.Id}\0"));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string PathOf(string path) => Path.GetRelativePath(_tree.Root, path).Replace(Path.DirectorySeparatorChar, '/');

    // Empty for the top.
    private string FolderOf(string file) => PathOf(Path.GetDirectoryName(Path.GetFullPath(file))!) is var folder && folder == "." ? string.Empty : folder + "/";

    // Where a configuration names one somewhere else, it is read before anything says so.
    private static bool IsNamedByConfigurations(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name is ".dockerignore" or ".env" || Array.Exists(["dockerfile", "containerfile", "compose"], part => name.Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsReadByRestore(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        string extension = Path.GetExtension(name);
        return extension.EndsWith("proj", StringComparison.OrdinalIgnoreCase)
            || RestoreExtensions.Contains(extension, StringComparer.OrdinalIgnoreCase)
            || RestoreNames.Contains(name, StringComparer.OrdinalIgnoreCase)
            || (name.StartsWith("packages.", StringComparison.Ordinal) && name.EndsWith("lock.json", StringComparison.Ordinal));
    }
}

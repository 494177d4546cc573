using System.ComponentModel;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Replay;

/// <summary>The history of a repository, as git tells it: nothing is checked out, and the index and the work tree are not looked at.</summary>
internal sealed class GitHistory
{
    private readonly IProcessRunner _processes;
    private readonly string _git;
    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;

    /// <param name="processes">Starts git.</param>
    /// <param name="environment">The environment; git is found on its PATH.</param>
    /// <param name="folder">A folder of the repository.</param>
    /// <exception cref="DevcontainerException">DEVC3080: there is no git.</exception>
    internal GitHistory(IProcessRunner processes, IReadOnlyDictionary<string, string> environment, string folder)
    {
        _processes = processes;
        _folder = folder;
        _git = DockerLocator.TryFind("git", environment, folder) ?? throw Unreadable("there is no git on PATH");

        // No lock for what is only read, no request for what a partial clone lacks, and messages that can be searched for.
        _environment = new Dictionary<string, string>(environment)
        {
            ["GIT_OPTIONAL_LOCKS"] = "0",
            ["GIT_NO_LAZY_FETCH"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["LC_ALL"] = "C.UTF-8",
        };
    }

    /// <summary>Where the folder is in the repository: empty, or with <c>/</c> at its end.</summary>
    internal async Task<string> PrefixAsync(CancellationToken cancellationToken) =>
        (await TextAsync(["rev-parse", "--show-prefix"], cancellationToken).ConfigureAwait(false)).TrimEnd('\n');

    /// <summary>The absolute path of the repository's top.</summary>
    internal async Task<string> TopAsync(CancellationToken cancellationToken) =>
        (await TextAsync(["rev-parse", "--show-toplevel"], cancellationToken).ConfigureAwait(false)).TrimEnd('\n');

    /// <summary>The commit that a revision names; null where there is none.</summary>
    internal async Task<string?> CommitAsync(string revision, CancellationToken cancellationToken)
    {
        try
        {
            return (await TextAsync(["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"], cancellationToken).ConfigureAwait(false)).TrimEnd('\n');
        }
        catch (DevcontainerException)
        {
            return null;
        }
    }

    /// <summary>The commit that two have in common; null where there is none.</summary>
    internal async Task<string?> MergeBaseAsync(string one, string other, CancellationToken cancellationToken)
    {
        try
        {
            return (await TextAsync(["merge-base", one, other], cancellationToken).ConfigureAwait(false)).TrimEnd('\n');
        }
        catch (DevcontainerException)
        {
            return null;
        }
    }

    /// <summary>First-parent commits, oldest first, with what each changes.</summary>
    /// <param name="range">A revision or a range, as git takes it.</param>
    /// <param name="most">How many of the newest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<IReadOnlyList<GitCommit>> CommitsAsync(string range, int most, CancellationToken cancellationToken)
    {
        byte[] output = await RunAsync(
            ["log", "--first-parent", "--diff-merges=first-parent", "--root", "--reverse", $"--max-count={most}", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-show-signature", "--ignore-submodules=none", "--format=%H", "--end-of-options", range, "--"],
            cancellationToken).ConfigureAwait(false);
        var commits = new List<GitCommit>();
        List<GitChange> changes = [];
        string[] fields = Encoding.UTF8.GetString(output).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < fields.Length; i++)
        {
            string field = fields[i].TrimStart('\n');
            if (!field.StartsWith(':'))
            {
                changes = [];
                commits.Add(new GitCommit(field, changes));
                continue;
            }

            changes.Add(Change(field, fields[++i]));
        }

        return commits;
    }

    /// <summary>What differs between two commits.</summary>
    internal async Task<IReadOnlyList<GitChange>> DiffAsync(string from, string to, CancellationToken cancellationToken)
    {
        byte[] output = await RunAsync(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none", from, to], cancellationToken).ConfigureAwait(false);
        string[] fields = Encoding.UTF8.GetString(output).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var changes = new List<GitChange>();
        for (int i = 0; i + 1 < fields.Length; i += 2)
        {
            changes.Add(Change(fields[i], fields[i + 1]));
        }

        return changes;
    }

    /// <summary>Every file of a commit by its path.</summary>
    internal async Task<Dictionary<string, GitFile>> TreeAsync(string commit, CancellationToken cancellationToken)
    {
        byte[] output = await RunAsync(["ls-tree", "-r", "-z", "--full-tree", commit], cancellationToken).ConfigureAwait(false);
        var files = new Dictionary<string, GitFile>(StringComparer.Ordinal);
        foreach (string line in Encoding.UTF8.GetString(output).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            string[] parts = line[..tab].Split(' ');
            files[line[(tab + 1)..]] = new GitFile(parts[0], parts[2]);
        }

        return files;
    }

    /// <summary>Starts to read blobs.</summary>
    internal GitBlobs OpenBlobs(CancellationToken cancellationToken) => new(_processes, Request("cat-file", "--batch"), Unreadable, cancellationToken);

    /// <summary>DEVC3080.</summary>
    internal DevcontainerException Unreadable(string reason) => new(Codes.HistoryUnreadable, _folder, reason);

    // git Documentation/diff-format.adoc, "Raw output format": :mode mode id id status
    private static GitChange Change(string field, string path)
    {
        string[] parts = field[1..].Split(' ');
        return new GitChange(path, FileOf(parts[0], parts[2]), FileOf(parts[1], parts[3]));
    }

    private static GitFile? FileOf(string mode, string id) => mode == "000000" ? null : new GitFile(mode, id);

    private ProcessRequest Request(params string[] arguments) => new()
    {
        FileName = _git,
        Arguments = ["--no-pager", .. arguments],
        WorkingDirectory = _folder,
        Environment = _environment,
    };

    private async Task<string> TextAsync(string[] arguments, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await RunAsync(arguments, cancellationToken).ConfigureAwait(false));

    private async Task<byte[]> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        string error = "it says nothing";
        try
        {
            ProcessResult result = await _processes.RunAsync(
                Request(arguments) with { ReadOutput = (stream, token) => stream.CopyToAsync(output, token), OnError = line => error = line }, cancellationToken).ConfigureAwait(false);
            return result.ExitCode == 0 ? output.ToArray() : throw Unreadable($"git {arguments[0]} ended with {result.ExitCode}: {error.TrimEnd('.')}");
        }
        catch (Win32Exception e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.HistoryUnreadable, null, _folder, e.Message.TrimEnd('.')), e);
        }
    }
}

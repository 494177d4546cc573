using System.Diagnostics;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Spec.Tests.Contexts;

[TestClass]
public sealed class GitIndexTests
{
    private static void Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always", .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, error);
    }

    private static TemporaryFolder Repository(params string[] init)
    {
        var folder = new TemporaryFolder();
        Git(folder.Path, ["init", "-q", .. init]);
        folder.Write("run.sh", "x", executable: true);
        folder.Write("text", "x");
        folder.Write("deep/er/tool", "x", executable: true);
        folder.Write("deep/er/tool.txt", "x");
        folder.Write("deep/ünï", "x");
        File.CreateSymbolicLink(folder["link"], "text");
        Git(folder.Path, "add", ".");
        Git(folder.Path, "commit", "-q", "-m", "x");
        return folder;
    }

    private static void AssertModes(GitIndex index)
    {
        Assert.IsNull(index.Unusable);
        Assert.AreEqual(true, index.IsExecutable("run.sh"));
        Assert.AreEqual(false, index.IsExecutable("text"));
        Assert.AreEqual(true, index.IsExecutable("deep/er/tool"));
        Assert.AreEqual(false, index.IsExecutable("deep/er/tool.txt"));
        Assert.AreEqual(false, index.IsExecutable("deep/ünï"));
        Assert.IsNull(index.IsExecutable("link"));
        Assert.IsNull(index.IsExecutable("untracked"));
    }

    [TestMethod]
    [DataRow("2")]
    [DataRow("3")]
    [DataRow("4")]
    public void Every_version_of_the_index_is_read(string version)
    {
        using TemporaryFolder repository = Repository();
        if (version == "3")
        {
            // An entry with extended flags makes it version 3.
            repository.Write("later", "x");
            Git(repository.Path, "add", "-N", "later");
        }
        else
        {
            Git(repository.Path, "update-index", "--index-version", version);
        }

        Assert.AreEqual(version[0], (char)('0' + File.ReadAllBytes(repository[".git/index"])[7]));
        AssertModes(GitIndex.Find(repository.Path)!);
    }

    [TestMethod]
    public void A_repository_with_SHA256_is_read()
    {
        using TemporaryFolder repository = Repository("--object-format=sha256");
        AssertModes(GitIndex.Find(repository.Path)!);
    }

    [TestMethod]
    public void Paths_are_relative_to_the_folder_asked_about()
    {
        using TemporaryFolder repository = Repository();
        GitIndex index = GitIndex.Find(repository["deep"])!;
        Assert.AreEqual(true, index.IsExecutable("er/tool"));
        Assert.IsNull(index.IsExecutable("run.sh"));
    }

    [TestMethod]
    public void A_linked_work_tree_has_its_own_index()
    {
        using TemporaryFolder repository = Repository();
        using var parent = new TemporaryFolder();
        Git(repository.Path, "worktree", "add", "-q", parent["tree"]);
        Git(parent["tree"], "update-index", "--chmod=+x", "text");
        Assert.AreEqual(true, GitIndex.Find(parent["tree"])!.IsExecutable("text"));
        Assert.AreEqual(false, GitIndex.Find(repository.Path)!.IsExecutable("text"));
    }

    [TestMethod]
    public void A_submodule_brings_its_own_index()
    {
        using TemporaryFolder inner = Repository();
        using TemporaryFolder outer = Repository();
        Git(outer.Path, "submodule", "--quiet", "add", inner.Path, "mods/inner");
        GitIndex index = GitIndex.Find(outer.Path)!;
        AssertModes(index);
        Assert.AreEqual(true, index.IsExecutable("mods/inner/run.sh"));
        Assert.AreEqual(false, index.IsExecutable("mods/inner/text"));
        Assert.AreEqual(true, GitIndex.Find(outer["mods/inner"])!.IsExecutable("run.sh"));
    }

    [TestMethod]
    public void Skipped_files_are_no_hindrance()
    {
        using TemporaryFolder repository = Repository();
        Git(repository.Path, "sparse-checkout", "set", "--sparse-index", "deep");
        GitIndex index = GitIndex.Find(repository.Path)!;
        Assert.IsNull(index.Unusable);
        Assert.AreEqual(true, index.IsExecutable("deep/er/tool"));
    }

    [TestMethod]
    public void A_split_index_is_said_to_be_unusable()
    {
        using TemporaryFolder repository = Repository();
        Git(repository.Path, "update-index", "--split-index");
        GitIndex index = GitIndex.Find(repository.Path)!;
        StringAssert.Contains(index.Unusable, "split");
        Assert.IsNull(index.IsExecutable("run.sh"));
    }

    [TestMethod]
    public void A_broken_index_is_said_to_be_unusable()
    {
        using TemporaryFolder repository = Repository();
        byte[] whole = File.ReadAllBytes(repository[".git/index"]);
        for (int length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(repository[".git/index"], whole[..length]);
            Assert.IsNotNull(GitIndex.Find(repository.Path)!.Unusable, $"{length} bytes");
        }
    }

    [TestMethod]
    public void Outside_a_repository_and_before_the_first_file_there_is_none()
    {
        using var folder = new TemporaryFolder();
        Assert.IsNull(GitIndex.Find(folder.Path));
        Git(folder.Path, "init", "-q");
        Assert.IsNull(GitIndex.Find(folder.Path));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void The_index_decides_over_the_file_system()
    {
        using TemporaryFolder repository = Repository();
        const UnixFileMode plain = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        repository.SetMode("run.sh", plain);
        repository.SetMode("text", plain | UnixFileMode.UserExecute);
        repository.Write("untracked", "x", executable: true);
        IReadOnlyList<ContextEntry> entries = BuildContext.Enumerate(
            repository.Path, IgnoreFile.Parse(".git"), GitIndex.Find(repository.Path));
        Assert.IsTrue(entries.Single(entry => entry.Path == "run.sh").IsExecutable);
        Assert.IsFalse(entries.Single(entry => entry.Path == "text").IsExecutable);
        Assert.IsTrue(entries.Single(entry => entry.Path == "untracked").IsExecutable);
    }
}

using Devcontainer.Prebuild.CI;

namespace Devcontainer.Prebuild.Tests.CI;

/// <summary>What is read from git's files is what git itself says.</summary>
[TestClass]
public sealed class GitRepositoryTests
{
    [TestMethod]
    [DataRow("sha1")]
    [DataRow("sha256")]
    public void A_branch_is_read_with_its_commit(string format)
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q", "--object-format=" + format, "-b", "feature/ünï#1");
        string commit = Git.Commit(folder.Path);
        GitRevision revision = Read(folder.Path);
        Assert.AreEqual((commit, "feature/ünï#1"), (revision.Commit, revision.Branch));
        Assert.IsNull(revision.DefaultBranch);
    }

    [TestMethod]
    public void A_branch_without_a_commit_has_none()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        GitRevision revision = Read(folder.Path);
        Assert.AreEqual(((string?)null, "main"), (revision.Commit, revision.Branch));
        Assert.IsEmpty(revision.TagsAtCommit);
    }

    [TestMethod]
    public void A_detached_head_has_a_commit_and_no_branch()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        string commit = Git.Commit(folder.Path);
        Git.Commit(folder.Path);
        Git.Run(folder.Path, "checkout", "-q", commit);
        GitRevision revision = Read(folder.Path);
        Assert.AreEqual((commit, (string?)null), (revision.Commit, revision.Branch));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Tags_are_read_light_and_annotated_and_of_tags(bool packed)
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        Git.Commit(folder.Path);
        Git.Run(folder.Path, "tag", "v0.9.0");
        Git.Run(folder.Path, "tag", "-a", "v0.9.1", "-m", "x");
        Git.Commit(folder.Path);
        Git.Run(folder.Path, "tag", "light");
        Git.Run(folder.Path, "tag", "-a", "v1.0.0", "-m", "x");
        Git.Run(folder.Path, "tag", "-a", "of/a/tag", "-m", "x", "v1.0.0");
        if (packed)
        {
            Git.Run(folder.Path, "gc", "-q");
            Assert.IsFalse(File.Exists(folder[".git/refs/tags/light"]));
        }

        GitRevision revision = Read(folder.Path);
        CollectionAssert.AreEqual(new[] { "light", "of/a/tag", "v1.0.0" }, revision.TagsAtCommit.ToArray());
        CollectionAssert.AreEqual(new[] { "light", "of/a/tag", "v0.9.0", "v0.9.1", "v1.0.0" }, revision.Tags.ToArray());
    }

    [TestMethod]
    public void A_packed_branch_is_read_and_a_later_file_wins()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        string first = Git.Commit(folder.Path);
        Git.Run(folder.Path, "pack-refs", "--all");
        Assert.IsFalse(File.Exists(folder[".git/refs/heads/main"]));
        Assert.AreEqual(first, Read(folder.Path).Commit);
        string second = Git.Commit(folder.Path);
        Assert.AreEqual(second, Read(folder.Path).Commit);
    }

    [TestMethod]
    public void A_work_tree_has_its_own_head_and_the_tags_of_all()
    {
        using var folder = new TemporaryFolder();
        string main = Directory.CreateDirectory(folder["main"]).FullName;
        Git.Run(main, "init", "-q");
        string commit = Git.Commit(main);
        Git.Run(main, "tag", "v1.0.0");
        Git.Run(main, "worktree", "add", "-q", "-b", "other", "../tree");
        Git.Commit(main);
        GitRevision revision = Read(folder["tree"]);
        Assert.AreEqual((commit, "other"), (revision.Commit, revision.Branch));
        CollectionAssert.AreEqual(new[] { "v1.0.0" }, revision.TagsAtCommit.ToArray());
    }

    [TestMethod]
    public void A_submodule_is_a_repository_of_its_own()
    {
        using var folder = new TemporaryFolder();
        string inner = Directory.CreateDirectory(folder["inner"]).FullName;
        Git.Run(inner, "init", "-q");
        string commit = Git.Commit(inner);
        string outer = Directory.CreateDirectory(folder["outer"]).FullName;
        Git.Run(outer, "init", "-q");
        Git.Commit(outer);
        Git.Run(outer, "submodule", "--quiet", "add", "../inner", "sub");
        Assert.AreEqual(commit, Read(Path.Combine(outer, "sub")).Commit);
    }

    [TestMethod]
    public void A_clone_knows_the_default_branch_of_its_origin()
    {
        using var folder = new TemporaryFolder();
        string origin = Directory.CreateDirectory(folder["origin"]).FullName;
        Git.Run(origin, "init", "-q", "-b", "release/next");
        Git.Commit(origin);
        Git.Run(folder.Path, "clone", "-q", "origin", "clone");
        Git.Run(folder["clone"], "checkout", "-q", "-b", "mine");
        GitRevision revision = Read(folder["clone"]);
        Assert.AreEqual(("mine", "release/next"), (revision.Branch, revision.DefaultBranch));
    }

    [TestMethod]
    public void The_nearest_repository_above_a_folder_counts()
    {
        using var folder = new TemporaryFolder();
        Git.Run(folder.Path, "init", "-q");
        string commit = Git.Commit(folder.Path);
        Assert.AreEqual(commit, Read(Directory.CreateDirectory(folder["deep/er"]).FullName).Commit);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("garbage")]
    [DataRow("ref: ")]
    [DataRow("ref: refs/heads/../../../secret")]
    [DataRow("ref: ../secret")]
    [DataRow("ref: refs/heads/loop")]
    [DataRow("ref: refs/heads/.invalid")]
    public void A_head_that_cannot_be_followed_has_no_commit(string head)
    {
        using var folder = new TemporaryFolder();
        folder.Write("secret", new string('a', 40));
        folder.Write("repo/.git/HEAD", head);
        folder.Write("repo/.git/refs/heads/loop", "ref: refs/heads/loop");
        Assert.IsNull(Read(folder["repo"]).Commit);
    }

    [TestMethod]
    public void Broken_references_are_not_there()
    {
        using var folder = new TemporaryFolder();
        string commit = new('a', 40);
        folder.Write(".git/HEAD", commit);
        folder.Write(".git/refs/tags/good", commit);
        folder.Write(".git/refs/tags/bad", "xyz");
        folder.Write(".git/packed-refs", $"# pack-refs with: peeled\n^{commit}\n{commit}\nnothing refs/tags/none\n{commit} refs/tags/packed\n^bad\n");
        folder.Write($".git/objects/aa/{commit[2..]}", "no zlib");
        CollectionAssert.AreEqual(new[] { "good", "packed" }, Read(folder.Path).TagsAtCommit.ToArray());
    }

    private static GitRevision Read(string folder) => GitRepository.Find(folder)!.Read();
}

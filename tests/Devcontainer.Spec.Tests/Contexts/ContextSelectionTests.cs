using Devcontainer.Spec.Contexts;
using Devcontainer.Spec.Dockerfiles;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Spec.Tests.Contexts;

[TestClass]
public sealed class ContextSelectionTests
{
    private static TemporaryFolder Tree()
    {
        var folder = new TemporaryFolder();
        foreach (string path in new[]
        {
            "a.txt", "b.txt", "c.md", "src/one.cs", "src/two.cs", "src/inner/three.cs", "src/inner/readme.md", "docs/x/y.md", "docs/x/z.txt",
            "tool.sh", "[x]", "sp ace/f",
        })
        {
            folder.Write(path, path);
        }

        return folder;
    }

    private static ContextSelection Select(TemporaryFolder folder, string dockerfile, string ignore = "") => ContextSelection.Select(
        folder.Path,
        IgnoreFile.Parse(ignore),
        null,
        ResolvedDockerfile.Resolve(DockerfileDocument.Parse("FROM base\n" + dockerfile), new() { Platform = "linux/amd64" }).Sources);

    private static string Files(ContextSelection selection) =>
        string.Join(' ', selection.Entries.Where(entry => entry.Kind != ContextEntryKind.Directory).Select(entry => entry.Path));

    [TestMethod]
    [DataRow("RUN x", "")]
    [DataRow("COPY a.txt /", "a.txt")]
    [DataRow("COPY ./a.txt /b.txt /x/", "a.txt b.txt")]
    [DataRow("COPY ../../a.txt /", "a.txt")]
    [DataRow("COPY src /x", "src/inner/readme.md src/inner/three.cs src/one.cs src/two.cs")]
    [DataRow("COPY src/ /x", "src/inner/readme.md src/inner/three.cs src/one.cs src/two.cs")]
    [DataRow("COPY *.txt /x/", "a.txt b.txt")]
    [DataRow("COPY ?.* /x/", "a.txt b.txt c.md")]
    [DataRow("COPY src/*.cs /x/", "src/one.cs src/two.cs")]
    [DataRow("COPY */inner /x/", "src/inner/readme.md src/inner/three.cs")]
    [DataRow("COPY **/*.cs /x/", "src/one.cs src/two.cs")]
    [DataRow("COPY [ab].txt /x/", "a.txt b.txt")]
    [DataRow("COPY [[]x] /x/", "[x]")]
    [DataRow("COPY [\"sp ace\", \"/x/\"]", "sp ace/f")]
    [DataRow("COPY missing none* /x/", "")]
    [DataRow("COPY --exclude=**/*.md --exclude=inner/*.cs src /x", "src/one.cs src/two.cs")]
    [DataRow("COPY --exclude=** --exclude=!one.cs src /x", "src/one.cs")]
    [DataRow("COPY --exclude=**/*.md . /x", "[x] a.txt b.txt docs/x/z.txt sp ace/f src/inner/three.cs src/one.cs src/two.cs tool.sh")]
    [DataRow("COPY --parents src/inner/three.cs docs/x /x/", "docs/x/y.md docs/x/z.txt src/inner/three.cs")]
    [DataRow("COPY --parents src/**/*.cs /x/", "src/inner/three.cs src/one.cs src/two.cs")]
    [DataRow("COPY --parents src/./inner/*.md /x/", "src/inner/readme.md")]
    [DataRow("COPY --parents --exclude=**/y.md docs /x/", "docs/x/z.txt")]
    [DataRow("COPY --parents --exclude=y.md docs/x/./ /x/", "docs/x/z.txt")]
    [DataRow("ADD src/one.cs https://example.org/f.tgz git@example.org:r.git /x/", "src/one.cs")]
    [DataRow("COPY <<f a.txt /x/\ncontent\nf\n", "a.txt")]
    [DataRow("RUN --mount=source=src/inner,target=/m x", "src/inner/readme.md src/inner/three.cs")]
    [DataRow("RUN --mount=type=bind,src=tool.sh,target=/m x", "tool.sh")]
    [DataRow("RUN --mount=type=cache,target=/m --mount=type=secret,id=a x", "")]
    [DataRow("ARG DIR=docs\nENV SUB=x\nCOPY $DIR/${SUB}/y.md /x/", "docs/x/y.md")]
    public void Just_what_the_instructions_name_is_selected(string dockerfile, string files)
    {
        using TemporaryFolder folder = Tree();
        ContextSelection selection = Select(folder, dockerfile);
        Assert.AreEqual(files, Files(selection));
        Assert.IsFalse(selection.IsWhole);
        Assert.IsNull(selection.Reason);
    }

    [TestMethod]
    [DataRow("COPY . /")]
    [DataRow("COPY / /")]
    [DataRow("COPY src/.. /")]
    [DataRow("RUN --mount=target=/m x")]
    [DataRow("ADD a.txt ./ /x/")]
    public void The_whole_context_is_known_to_be_whole(string dockerfile)
    {
        using TemporaryFolder folder = Tree();
        ContextSelection selection = Select(folder, dockerfile);
        Assert.IsTrue(selection.IsWhole);
        Assert.IsNull(selection.Reason);
        CollectionAssert.AreEqual(
            BuildContext.Enumerate(folder.Path, IgnoreFile.None).ToArray(), selection.Entries.ToArray());
    }

    [TestMethod]
    [DataRow("COPY $UNKNOWN/x /", "UNKNOWN")]
    [DataRow("RUN --mount=type=$KIND,target=/m x", "KIND")]
    [DataRow("COPY --future=1 a.txt /", "--future")]
    [DataRow("COPY [a- /x/", "[a-")]
    [DataRow("COPY --exclude=[a- . /x/", "pattern")]
    [DataRow("COPY --parents s*/./*.cs /x/", "/./")]
    public void What_cannot_be_decided_before_the_build_takes_all_and_says_why(string dockerfile, string reason)
    {
        using TemporaryFolder folder = Tree();
        ContextSelection selection = Select(folder, dockerfile, "docs");
        Assert.IsTrue(selection.IsWhole);
        StringAssert.Contains(selection.Reason, reason);
        CollectionAssert.AreEqual(
            BuildContext.Enumerate(folder.Path, IgnoreFile.Parse("docs")).ToArray(), selection.Entries.ToArray());
    }

    [TestMethod]
    public void What_is_ignored_is_not_selected()
    {
        using TemporaryFolder folder = Tree();
        Assert.AreEqual("b.txt src/inner/three.cs", Files(Select(folder, "COPY src *.txt /x/", "*\n!src/inner/*.cs\n!b.txt")));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Links_are_selected_with_what_they_lead_to_inside_the_context()
    {
        using TemporaryFolder folder = Tree();
        File.CreateSymbolicLink(folder["latest"], "src/inner");
        File.CreateSymbolicLink(folder["again"], "/latest/three.cs");
        File.CreateSymbolicLink(folder["docs/up"], "../../../../a.txt");
        File.CreateSymbolicLink(folder["loop1"], "loop2");
        File.CreateSymbolicLink(folder["loop2"], "loop1");
        Assert.AreEqual("latest src/inner/readme.md src/inner/three.cs", Files(Select(folder, "COPY latest /x")));
        Assert.AreEqual("latest src/inner/three.cs", Files(Select(folder, "COPY latest/three.cs /x")));
        Assert.AreEqual("again latest src/inner/three.cs", Files(Select(folder, "COPY again /x")));
        Assert.AreEqual("a.txt docs/up", Files(Select(folder, "COPY docs/up /x")));
        Assert.AreEqual("docs/up docs/x/y.md docs/x/z.txt", Files(Select(folder, "COPY docs /x")));
        Assert.AreEqual("a.txt docs/up docs/x/y.md docs/x/z.txt", Files(Select(folder, "COPY do*/* /x/")));
        Assert.AreEqual("loop1 loop2", Files(Select(folder, "COPY loop1 /x")));
    }

    [TestMethod]
    public void Folders_are_listed_before_what_they_hold()
    {
        using TemporaryFolder folder = Tree();
        CollectionAssert.AreEqual(
            new[] { "a.txt", "src", "src/inner", "src/inner/three.cs" },
            Select(folder, "COPY src/inner/three.cs a.txt /x/").Entries.Select(entry => entry.Path).ToArray());
    }

    private sealed record Case(string[] Files, (string Path, string Target)[] Links, string Ignore, string Source, bool Parents, string[] Excludes);

    /// <summary>Whatever the tree, the links, the ignore file and the instruction: COPY makes the same of both contexts.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void COPY_makes_the_same_of_the_selection_as_of_the_whole()
    {
        Gen<string> path = Gen.Elements("a", "b", "c.md", "d").NonEmptyListOf().Select(parts => string.Join('/', parts.Take(3)));
        Gen<string> target = Gen.OneOf(path, path.Select(p => "/" + p), path.Select(p => "../" + p), Gen.Elements("/", "..", "../../..", "gone"));
        Gen<string> pattern = Gen.Elements("a", "b", "*", "**", "?", "*.md", "[ab]", "[^a]", "..", ".", "d*", "l*", "l0", "l1")
            .NonEmptyListOf().Select(parts => string.Join('/', parts.Take(3)));
        Gen<string> ignore = Gen.Zip(Gen.Elements("", "", "!"), pattern).Select(pair => pair.Item1 + pair.Item2)
            .ListOf().Select(lines => string.Join('\n', lines.Take(3)));
        Gen<Case> cases =
            from files in path.ArrayOf()
            from links in Gen.Zip(Gen.Elements("l0", "l1", "a/l0", "b/l1", "a/b/l0"), target).ArrayOf()
            from ignored in Gen.OneOf(Gen.Constant(""), ignore)
            from source in pattern
            from parents in Gen.Elements(false, false, true)
            from pivot in Gen.Elements("", "/./" + "*", "/./" + "**/*.md", "/./" + "b")
            from excludes in Gen.OneOf(Gen.Constant(Array.Empty<string>()), Gen.Elements("a", "**/*.md", "b/*", "!a", "!**/c.md", "**").ArrayOf())
            select new Case(files, links, ignored, parents ? source + pivot : source, parents, excludes);

        int count = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") == "1" ? 3000 : 300;
        int copied = 0;
        Prop.ForAll(cases.ToArbitrary(), one => copied += Check(one) ? 1 : 0).Check(Config.QuickThrowOnFailure.WithMaxTest(count));
        Assert.IsGreaterThan(count / 20, copied, "most cases copy nothing");
    }

    private static bool Check(Case one)
    {
        using var folder = new TemporaryFolder();
        foreach (string file in one.Files)
        {
            string full = folder["context/" + file];
            if (!Path.Exists(full) && !Ancestors(file).Any(part => File.Exists(folder["context/" + part])))
            {
                folder.Write("context/" + file, file);
            }
        }

        Directory.CreateDirectory(folder["context"]);
        foreach ((string path, string target) in one.Links)
        {
            string full = folder["context/" + path];
            if (new FileInfo(full).LinkTarget is null && Directory.Exists(Path.GetDirectoryName(full)))
            {
                File.CreateSymbolicLink(full, target);
            }
        }

        if (one.Excludes.Contains("!") || one.Source.Length == 0)
        {
            return false;
        }

        IgnoreFile ignore = IgnoreFile.Parse(one.Ignore);
        var source = new ContextSource(ContextSourceKind.Copy, one.Source, new Diagnostics.SourceLocation(null))
        {
            Parents = one.Parents,
            Excludes = one.Excludes,
        };
        IReadOnlyList<ContextEntry> all = BuildContext.Enumerate(folder["context"], ignore);
        ContextSelection selection = ContextSelection.Select(folder["context"], ignore, null, [source]);
        Assert.IsTrue(selection.Entries.All(all.Contains));
        Assert.IsTrue(!selection.IsWhole || all.SequenceEqual(selection.Entries));
        BuildContext.Materialize(folder["context"], all, folder["whole"]);
        BuildContext.Materialize(folder["context"], selection.Entries, folder["part"]);
        string? expected = CopyModel.Copy(folder["whole"], one.Source, one.Parents, one.Excludes);
        Assert.AreEqual(
            expected,
            CopyModel.Copy(folder["part"], one.Source, one.Parents, one.Excludes),
            $"{one} of [{string.Join(' ', all.Select(entry => entry.Path + (entry.LinkTarget is { } to ? ">" + to : "")))}]"
            + $" ignoring [{one.Ignore}] without [{string.Join(' ', one.Excludes)}]");
        return !string.IsNullOrEmpty(expected);
    }

    private static IEnumerable<string> Ancestors(string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }
}

using System.Globalization;
using System.Text;
using Json = System.Text.Json.Nodes;
using Devcontainer.Spec.Contexts;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Tests.Contexts;

[TestClass]
public sealed class CorpusTests
{
    public static IEnumerable<object[]> Names => CorpusCase.All.Select(one => new object[] { one.Name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_Dockerfile_of_the_corpus_reads_what_it_says(string name)
    {
        CorpusCase one = CorpusCase.All.Single(candidate => candidate.Name == name);
        using TemporaryFolder context = CorpusCase.CreateContext();
        ContextSelection selection = ContextSelection.Select(context.Path, one.Ignore, null, one.Resolve().Sources);
        IReadOnlyList<ContextEntry> all = BuildContext.Enumerate(context.Path, one.Ignore);
        Assert.AreEqual(one.Expected is null, selection.IsWhole, selection.Reason);
        Assert.AreEqual(one.Expected ?? List(all), List(selection.Entries));
    }

    [TestMethod]
    public void The_corpus_has_sixty_Dockerfiles_that_any_engine_builds() =>
        Assert.IsGreaterThanOrEqualTo(60, CorpusCase.All.Count(one => !one.NeedsParents));

    /// <summary>The proof: on the engine itself, from either context the image is the same to the last byte.</summary>
    [TestMethod]
    public async Task The_image_from_the_selection_is_the_image_from_the_whole_context()
    {
        Engine engine = Engine.Require();
        using var work = new TemporaryFolder();
        using TemporaryFolder context = CorpusCase.CreateContext();
        bool knowsParents = await Engine.KnowsParentsAsync(work);
        CorpusCase[] cases = [.. CorpusCase.All.Where(one => knowsParents || !one.NeedsParents)];
        var targets = new Json.JsonObject();
        foreach (CorpusCase one in cases)
        {
            IReadOnlyList<ContextEntry> all = BuildContext.Enumerate(context.Path, one.Ignore);
            ContextSelection selection = ContextSelection.Select(context.Path, one.Ignore, null, one.Resolve().Sources);
            BuildContext.Materialize(context.Path, all, work[$"{one.Name}/{one.Name}-whole"]);
            BuildContext.Materialize(context.Path, selection.Entries, work[$"{one.Name}/{one.Name}-part"]);
            string dockerfile = work.Write($"{one.Name}/Dockerfile", DockerfileText.ForBuild(one.Document, null));
            foreach (string kind in new[] { "whole", "part" })
            {
                targets[$"{one.Name}-{kind}"] = engine.Target(work[$"{one.Name}/{one.Name}-{kind}"], dockerfile, work[$"{one.Name}/{kind}-image"], one.Target, one.Arguments);
            }
        }

        await Engine.BakeAsync(work, targets);
        foreach (CorpusCase one in cases)
        {
            Assert.AreEqual(Engine.Digest(work[$"{one.Name}/whole-image"]), Engine.Digest(work[$"{one.Name}/part-image"]), one.Name);
        }

        Assert.IsGreaterThanOrEqualTo(60, cases.Length);
    }

    /// <summary>Ignore files, read by the engine beside a context as it is, and by us.</summary>
    [TestMethod]
    public async Task The_engine_ignores_what_we_ignore()
    {
        Engine engine = Engine.Require();
        using var work = new TemporaryFolder();
        string dockerfile = work.Write("Dockerfile", "FROM scratch\nCOPY . /\n");
        string[] ignores =
        [
            "", "*", "**", "*\n!docs", "*\n!docs/deep", "**/*.md", "*/*.md", "docs/**", "docs/**\n!docs/deep/c.md", "!docs\ndocs", "/app/\n./vendor/../links",
            "# comment\n #docs\n\n  README.md  ", "[a-d]*", "[^a-d]*", "app/b?n", "app/*\n!app/lib\napp/lib/*.md", "**/pkg*/src\n!**/q.c", "\\[brackets\\]",
            "ünïcode.txt\nwith space", ".*\n!.dockerignore", "*.json\n!package*.json", "**in", "a**b", "do*/**/d.txt", "docs\r\napp\r\n", "\uFEFFdocs\napp",
            "links/current", "scripts/*.sh\n!scripts/run.sh", "**\n!**/*.cs", "vendor/*\n!vendor/*", "app/lib/**\n!app/lib/**/*.cs",
        ];
        var targets = new Json.JsonObject();
        for (int i = 0; i < ignores.Length; i++)
        {
            // Folders of one name are one context to the engine, which takes a file of the same size and time in the next for the same file.
            string name = i.ToString(CultureInfo.InvariantCulture);
            string raws = work[$"{name}/raw{name}"];
            string ours = work[$"{name}/ours{name}"];
            using TemporaryFolder raw = CorpusCase.CreateContext();
            File.WriteAllText(raw[".dockerignore"], ignores[i], new UTF8Encoding(false));
            Directory.CreateDirectory(work[name]);
            Directory.Move(raw["."].TrimEnd('.'), raws);
            Directory.CreateDirectory(raw.Path);
            BuildContext.Materialize(raws, BuildContext.Enumerate(raws, IgnoreFile.Parse(ignores[i])), ours);
            string plain = work.Write($"{name}/Dockerfile", File.ReadAllText(dockerfile));
            string neutral = work.Write($"{name}/Neutral.Dockerfile", File.ReadAllText(dockerfile));
            work.Write($"{name}/Neutral.Dockerfile.dockerignore", "# nothing\n");
            targets[$"raw-{name}"] = engine.Target(raws, plain, work[$"{name}/raw-image"]);
            targets[$"ours-{name}"] = engine.Target(ours, neutral, work[$"{name}/ours-image"]);
        }

        await Engine.BakeAsync(work, targets);
        for (int i = 0; i < ignores.Length; i++)
        {
            string name = i.ToString(CultureInfo.InvariantCulture);
            Assert.AreEqual(Engine.Digest(work[$"{name}/raw-image"]), Engine.Digest(work[$"{name}/ours-image"]), ignores[i]);
        }
    }

    private static string List(IReadOnlyList<ContextEntry> entries)
    {
        var names = new List<string>();
        for (int i = 0; i < entries.Count; i++)
        {
            bool empty = i + 1 == entries.Count || !entries[i + 1].Path.StartsWith(entries[i].Path + "/", StringComparison.Ordinal);
            if (entries[i].Kind != ContextEntryKind.Directory)
            {
                names.Add(entries[i].Path);
            }
            else if (empty)
            {
                names.Add(entries[i].Path + "/");
            }
        }

        return string.Join(' ', names);
    }
}

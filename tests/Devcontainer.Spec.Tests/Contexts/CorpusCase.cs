using System.Diagnostics.CodeAnalysis;
using Devcontainer.Spec.Contexts;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Tests.Contexts;

/// <summary>
/// A Dockerfile of the corpus. Comments at its end say how it is built and what it reads: <c>#: ignore pattern</c>,
/// <c>#: argument NAME=value</c>, <c>#: target stage</c>, and <c>#: expect file …</c> or <c>#: whole</c>.
/// </summary>
internal sealed class CorpusCase
{
    private CorpusCase(string path)
    {
        Name = Path.GetFileNameWithoutExtension(path);
        Document = DockerfileDocument.Parse(File.ReadAllText(path), Path.GetFileName(path));
        var patterns = new List<string>();
        foreach (string line in Document.Text.Split('\n'))
        {
            if (!line.StartsWith("#: ", StringComparison.Ordinal))
            {
                continue;
            }

            string[] words = line[3..].TrimEnd('\r').Split(' ', 2);
            string value = words.Length > 1 ? words[1] : "";
            switch (words[0])
            {
                case "ignore":
                    patterns.Add(value);
                    break;
                case "argument":
                    Arguments.Add(value.Split('=')[0], value.Split('=')[1]);
                    break;
                case "target":
                    Target = value;
                    break;
                case "expect":
                    Expected = value;
                    break;
            }
        }

        Ignore = IgnoreFile.Parse(string.Join('\n', patterns));
    }

    public string Name { get; }

    public DockerfileDocument Document { get; }

    public IgnoreFile Ignore { get; }

    public Dictionary<string, string> Arguments { get; } = [];

    public string? Target { get; }

    /// <summary>The files, links and empty folders that it reads; null for the whole context.</summary>
    public string? Expected { get; }

    /// <summary>Whether the engine must know <c>COPY --parents</c>, which is younger than the rest.</summary>
    public bool NeedsParents => Document.Text.Contains("--parents", StringComparison.Ordinal);

    public static IReadOnlyList<CorpusCase> All { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Contexts", "Corpus"), "*.Dockerfile")
            .Order(StringComparer.Ordinal).Select(path => new CorpusCase(path)),
    ];

    public ResolvedDockerfile Resolve() => ResolvedDockerfile.Resolve(
        Document, new() { Platform = "linux/amd64", Target = Target, BuildArguments = Arguments, NamedContexts = new HashSet<string> { "base" } });

    /// <summary>The context that every Dockerfile of the corpus is built with.</summary>
    [SuppressMessage("Performance", "CA1861", Justification = "Once.")]
    public static TemporaryFolder CreateContext()
    {
        var folder = new TemporaryFolder();
        foreach (string path in new[]
        {
            "app/Program.cs", "app/app.csproj", "app/lib/Lib.cs", "app/lib/notes.md", "app/bin/skip.dll", "app/.hidden", "docs/a.md", "docs/b.md",
            "docs/deep/c.md", "docs/deep/d.txt", "package.json", "package-lock.json", "global.json", "README.md", ".env", "with space/file one.txt",
            "[brackets]/x.txt", "ünïcode.txt", "vendor/pkg1/package.json", "vendor/pkg1/src/p.c", "vendor/pkg2/package.json",
            "vendor/pkg2/src/q.c", "scripts/data.txt",
        })
        {
            folder.Write(path, $"This is {path}.\n");
        }

        folder.Write("app/blank");
        Directory.CreateDirectory(folder["app/empty"]);
        foreach (string script in new[] { "scripts/run.sh", "scripts/setup.sh" })
        {
            folder.Write(script, "#!/bin/sh\necho set up $1\n");
            folder.SetMode(script, BuildContext.ExecutableMode);
        }

        Directory.CreateDirectory(folder["links"]);
        File.CreateSymbolicLink(folder["links/current"], "../app/lib");
        File.CreateSymbolicLink(folder["links/again"], "/links/current");
        File.CreateSymbolicLink(folder["links/file"], "/package.json");
        File.CreateSymbolicLink(folder["links/out"], "../../../etc/hostname");
        using var archive = new System.IO.Compression.GZipStream(File.Create(folder["data.tar.gz"]), System.IO.Compression.CompressionLevel.Fastest);
        System.Formats.Tar.TarFile.CreateFromDirectory(folder["docs"], archive, includeBaseDirectory: true);
        return folder;
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>Reads the files of a Compose project, each once, and remembers which.</summary>
/// <param name="repository">Knows what is inside.</param>
internal sealed class ComposeFiles(RepositoryPath repository)
{
    private readonly SortedSet<string> _read = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<YamlNode>> _documents = new(StringComparer.Ordinal);

    /// <summary>Absolute paths of all files that were read.</summary>
    internal IEnumerable<string> Paths => _read;

    /// <summary>What is probably not as meant.</summary>
    internal List<Diagnostic> Warnings { get; } = [];

    /// <summary>The absolute path of a Compose file.</summary>
    /// <param name="written">How it is written.</param>
    /// <param name="folder">What it is relative to.</param>
    /// <param name="location">Where it is written.</param>
    /// <exception cref="DevcontainerException">DEVC1012: it does not exist. DEVC1013: it is outside the repository. DEVC1024: it is on another machine.</exception>
    internal string Find(string written, string folder, SourceLocation location) => written.Contains("://", StringComparison.Ordinal) || written.StartsWith("git@", StringComparison.Ordinal)
        ? throw new DevcontainerException(Codes.ComposeNotSupported, location, $"'{JsonText.Escape(written)}'", "it is on another machine and may change there at any time; copy it into the repository")
        : repository.File(written, folder, location, "The Docker Compose file");

    /// <summary>The documents of a file.</summary>
    /// <exception cref="DevcontainerException">It cannot be read.</exception>
    internal IReadOnlyList<YamlNode> Read(string path)
    {
        _read.Add(path);
        return _documents.TryGetValue(path, out IReadOnlyList<YamlNode>? known) ? known : _documents[path] = YamlReader.Load(path);
    }

    /// <summary>A <c>.env</c> file; null where there is none.</summary>
    /// <exception cref="DevcontainerException">It cannot be read.</exception>
    internal EnvironmentFile? ReadEnvironment(string path)
    {
        EnvironmentFile? file = EnvironmentFile.Load(path);
        if (file is not null)
        {
            _read.Add(path);
        }

        return file;
    }
}

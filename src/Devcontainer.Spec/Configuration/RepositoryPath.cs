using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Requires that files and folders are there, and inside the repository with links followed: a prebuild uses only what the repository has.</summary>
/// <param name="repository">Absolute path of the repository.</param>
internal sealed class RepositoryPath(string repository)
{
    private readonly string _real = RealPath.Of(repository);

    /// <summary>The absolute path of a file.</summary>
    /// <param name="written">How it is written.</param>
    /// <param name="folder">What it is relative to.</param>
    /// <param name="location">Where it is written.</param>
    /// <param name="what">How messages call it, as in "The Dockerfile".</param>
    /// <exception cref="DevcontainerException">DEVC1012: it does not exist. DEVC1013: it is outside.</exception>
    internal string File(string written, string folder, SourceLocation location, string what) => Require(written, folder, location, what, RealPath.FileExists);

    /// <summary>The absolute path of a folder.</summary>
    /// <inheritdoc cref="File"/>
    internal string Folder(string written, string folder, SourceLocation location, string what) => Require(written, folder, location, what, Directory.Exists);

    private string Require(string written, string folder, SourceLocation location, string what, Func<string, bool> exists)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(written, folder));
        if (!RealPath.IsWithin(RealPath.Of(full), _real))
        {
            throw new DevcontainerException(Codes.PathOutsideRepository, location, what, JsonText.Escape(written), repository);
        }

        return exists(full) ? full : throw new DevcontainerException(Codes.BuildFileNotFound, location, what, JsonText.Escape(written));
    }
}

namespace Devcontainer.Spec.Tests.Contexts;

/// <summary>A folder of one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("devcontainer-spec-").FullName;

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file, and the folders it needs.</summary>
    public string Write(string relative, string content = "", bool executable = false)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        if (executable)
        {
            SetMode(relative, Mode(relative) | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>The permission bits; nothing on Windows, where there are none.</summary>
    public UnixFileMode Mode(string relative) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(this[relative]);

    public void SetMode(string relative, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(this[relative], mode);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

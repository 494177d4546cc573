namespace Devcontainer.Spec.Tests;

/// <summary>A folder of its own for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("devcontainer-spec-").FullName;

    public string Path { get; }

    /// <summary>The path of a file in the folder.</summary>
    public string this[string relative] => File(relative);

    /// <summary>The path of a file in the folder.</summary>
    public string File(string relative) => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file and the folders above it; gives its path.</summary>
    public string Write(string relative, string text = "", bool executable = false)
    {
        string path = File(relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        if (executable)
        {
            SetMode(relative, Mode(relative) | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>The permission bits; nothing on Windows, where there are none.</summary>
    public UnixFileMode Mode(string relative) => OperatingSystem.IsWindows() ? default : System.IO.File.GetUnixFileMode(File(relative));

    public void SetMode(string relative, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(File(relative), mode);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

namespace Devcontainer.Prebuild.Tests;

/// <summary>A folder for one test, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("devcontainer-prebuild-").FullName;

    /// <summary>The path of an entry.</summary>
    internal string this[string relative] => System.IO.Path.Combine(Path, relative);

    /// <summary>Writes a file and the folders above it; a text that starts with <c>-> </c> makes a symbolic link. Gives its path.</summary>
    internal string Write(string relative, string text = "", bool executable = false)
    {
        string path = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (text.StartsWith("-> ", StringComparison.Ordinal))
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, text[3..]);
            return path;
        }

        File.WriteAllText(path, text);
        if (executable && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>Makes a named pipe that nobody has open.</summary>
    internal void WritePipe(string relative)
    {
        using var program = System.Diagnostics.Process.Start("mkfifo", [this[relative]]);
        program.WaitForExit();
        Assert.AreEqual(0, program.ExitCode);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

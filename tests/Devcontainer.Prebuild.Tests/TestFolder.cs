namespace Devcontainer.Prebuild.Tests;

/// <summary>A folder of a test's own, gone with it.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"devcontainer-test-{Guid.NewGuid():N}");

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string content)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Keeps what the pipeline says.</summary>
internal sealed class Recorder : IBuildReporter
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public List<Diagnostics.Diagnostic> Warnings { get; } = [];

    public void Status(string message) => Add(message);

    public void Detail(string message) => Add(message);

    public void Warning(Diagnostics.Diagnostic diagnostic)
    {
        lock (_lines)
        {
            Warnings.Add(diagnostic);
        }
    }

    private void Add(string message)
    {
        lock (_lines)
        {
            _lines.Add(message);
        }
    }
}

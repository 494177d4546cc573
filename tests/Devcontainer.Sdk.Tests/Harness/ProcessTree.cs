using System.Globalization;
using System.Text;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>All processes that a workspace's commands start, wherever in the tree: they have a variable of their own in their environment. Linux.</summary>
internal sealed class ProcessTree
{
    private readonly string _mark;

    private ProcessTree(string mark) => _mark = mark;

    /// <summary>Whether none is left. One that has ended and is not waited for has no environment any more.</summary>
    internal bool IsGone => !Any("environ", _mark);

    /// <summary>Marks the commands that a workspace will start.</summary>
    internal static ProcessTree Mark(Workspace workspace)
    {
        const string Name = "PROCESS_TREE_OF_TEST";
        string id = Guid.NewGuid().ToString("N");
        workspace.Environment[Name] = id;
        return new ProcessTree($"{Name}={id}");
    }

    /// <summary>Whether a process has a text among its arguments: how what runs inside the engine is found.</summary>
    internal static bool HasArgument(string text) => Any("cmdline", text);

    /// <summary>A file of every process but this one, such as <c>cmdline</c>.</summary>
    internal static IEnumerable<byte[]> Read(string file)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id == Environment.ProcessId)
            {
                continue;
            }

            byte[] content;
            try
            {
                content = File.ReadAllBytes(Path.Combine(process, file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended, or is another user's.
                continue;
            }

            yield return content;
        }
    }

    private static bool Any(string file, string text)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(text);
        return Read(file).Any(content => content.AsSpan().IndexOf(wanted) >= 0);
    }
}

using System.Text;

namespace Devcontainer.Prebuild.CI;

/// <summary>A file that several programs of one step append to, at the same time perhaps.</summary>
internal static class AppendedFile
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(20);
    private const int Attempts = 250;

    /// <summary>
    /// Appends a text, whole, on a line of its own. The file is held alone meanwhile: .NET seeks to the end once when it opens a file to append, so
    /// two writers would overwrite each other.
    /// </summary>
    /// <exception cref="IOException">It cannot be written, or another program keeps it for more than five seconds.</exception>
    internal static void Append(string path, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        using FileStream stream = Open(path);
        if (stream.Length > 0)
        {
            stream.Seek(-1, SeekOrigin.End);
            if (stream.ReadByte() != '\n')
            {
                stream.WriteByte((byte)'\n');
            }
        }

        stream.Write(bytes);
    }

    private static FileStream Open(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (attempt < Attempts && OutputFolder.IsHeld(e))
            {
                Thread.Sleep(Wait);
            }
        }
    }
}

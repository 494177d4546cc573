using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild;

/// <summary>Writes a file of the output folder that nothing but people and their CI reads.</summary>
internal static class OutputFile
{
    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="DevcontainerException">DEVC9003: the folder cannot be written.</exception>
    internal static void Write(string outputPath, string name, ReadOnlySpan<byte> content)
    {
        try
        {
            AtomicFile.Write(Path.Combine(outputPath, name), content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, outputPath, e.Message), e);
        }
    }
}

using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Packages;

/// <summary>A manifest of .NET tools (learn.microsoft.com, "How to manage .NET tools").</summary>
/// <param name="File">Its absolute path.</param>
/// <param name="Folder">The folder that it is for: NuGet's configuration is looked for from there.</param>
/// <param name="Tools">Package ids and versions.</param>
internal sealed record ToolManifest(string File, string Folder, IReadOnlyList<(string Id, string Version)> Tools)
{
    /// <summary>The file's name.</summary>
    internal const string FileName = "dotnet-tools.json";

    // The folder in which it may be instead of beside the projects.
    private const string OwnFolder = ".config";

    /// <summary>Reads one.</summary>
    /// <exception cref="DevcontainerException">DEVC3074: it is not what `dotnet tool` writes.</exception>
    internal static ToolManifest Read(string file)
    {
        try
        {
            using JsonDocument document = LenientJson.ReadFile(file);
            string folder = Path.GetDirectoryName(file)!;
            return new ToolManifest(
                file,
                Path.GetFileName(folder) == OwnFolder ? Path.GetDirectoryName(folder)! : folder,
                document.RootElement.TryGetProperty("tools", out JsonElement tools)
                    ? [.. tools.EnumerateObject().Select(static tool => (tool.Name, tool.Value.GetProperty("version").GetString() ?? throw new FormatException("a version is null")))]
                    : []);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.ToolManifestInvalid, new SourceLocation(file), e.Message), e);
        }
    }
}

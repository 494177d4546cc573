using System.Globalization;
using System.Text;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>
/// The commands that a container runs when it is created (specification, "Lifecycle scripts"), as one shell script that ends with the first that fails. Of
/// each kind Features' come first, in the order of installation, as the image's label has them. What may run side by side runs one after the other.
/// </summary>
internal static class LifecycleScript
{
    private static readonly string[] Kinds = ["onCreateCommand", "updateContentCommand", "postCreateCommand"];

    /// <summary>Writes it; null where there is no command.</summary>
    /// <param name="metadata">The image's label.</param>
    /// <param name="workspace">Where the workspace is in the container.</param>
    internal static string? Write(ImageMetadata metadata, string workspace)
    {
        var script = new StringBuilder();
        foreach (string kind in Kinds)
        {
            foreach (JsonNode command in metadata.Entries.Select(entry => entry[kind]).OfType<JsonNode>())
            {
                foreach (string[] arguments in Commands(command))
                {
                    string line = string.Join(' ', arguments.Select(argument => Quote(Replace(argument, workspace))));
                    script.Append(CultureInfo.InvariantCulture, $"{line} </dev/null || {{ code=$?; echo \"{kind} ended with exit code $code\" >&2; exit $code; }}\n");
                }
            }
        }

        return script.Length == 0 ? null : script.ToString();
    }

    private static IEnumerable<string[]> Commands(JsonNode command) => command switch
    {
        JsonString { Value.Length: > 0 } text => [["/bin/sh", "-c", text.Value]],
        JsonArray { Count: > 0 } arguments => [[.. arguments.OfType<JsonString>().Select(static argument => argument.Value)]],
        JsonObject several => several.SelectMany(static one => Commands(one.Value)),
        _ => [],
    };

    private static string Replace(string text, string workspace) => text
        .Replace("${containerWorkspaceFolder}", workspace, StringComparison.Ordinal)
        .Replace("${containerWorkspaceFolderBasename}", workspace[(workspace.LastIndexOf('/') + 1)..], StringComparison.Ordinal);

    private static string Quote(string argument) => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

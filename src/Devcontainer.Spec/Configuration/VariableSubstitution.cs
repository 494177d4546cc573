using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// Replaces <c>${…}</c> in the strings of a configuration, names excepted. The rules are the reference CLI's
/// (devcontainers/cli, src/spec-common/variableSubstitution.ts): what stands between the braces is split at every colon, an unset environment
/// variable is its default or empty, an unknown variable stays as it is, and what is put in is not looked at again.
/// </summary>
internal sealed class VariableSubstitution
{
    private readonly SubstitutionContext context;
    private readonly string localWorkspaceFolder;
    private readonly string containerWorkspaceFolder;

    /// <param name="context">What the variables stand for.</param>
    /// <param name="localWorkspaceFolder">For a context that names none.</param>
    /// <param name="containerWorkspaceFolder">For a context that names none; may itself hold variables.</param>
    /// <param name="file">The configuration, for locations.</param>
    public VariableSubstitution(SubstitutionContext context, string localWorkspaceFolder, string containerWorkspaceFolder, string? file)
    {
        this.context = context;
        this.localWorkspaceFolder = context.LocalWorkspaceFolder ?? localWorkspaceFolder;
        this.containerWorkspaceFolder = context.ContainerWorkspaceFolder ?? containerWorkspaceFolder;
        File = file;
    }

    /// <summary>The configuration, for locations.</summary>
    public string? File { get; }

    /// <summary>The value of <c>${containerWorkspaceFolder}</c>.</summary>
    public string ContainerWorkspaceFolder => ContainerFolder(default, place: null);

    /// <summary>Replaces the variables in every string of a value.</summary>
    /// <param name="node">The value.</param>
    /// <param name="place">
    /// What of the image the value becomes part of, as in "build.args"; null where it does not, and then an environment variable that the project
    /// did not allow stays as it is.
    /// </param>
    /// <exception cref="DevcontainerException">An environment variable that the project did not allow would reach the image.</exception>
    public JsonNode Replace(JsonNode node, string? place)
    {
        switch (node)
        {
            case JsonString text:
                string replaced = Replace(text.Value, text.Position, place);
                return ReferenceEquals(replaced, text.Value) ? text : new JsonString(replaced, text.Position);
            case JsonArray array when HasVariable(array):
                return new JsonArray([.. array.Select(item => Replace(item, place))], array.Position);
            case JsonObject properties when HasVariable(properties):
                return new JsonObject(properties.Select(property => property with { Value = Replace(property.Value, place) }), properties.Position);
            default:
                return node;
        }
    }

    /// <summary>The value of an environment variable that becomes part of the image; null where it is not set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="location">Where it is named.</param>
    /// <param name="place">What of the image the value becomes part of.</param>
    /// <exception cref="DevcontainerException">The project did not allow it.</exception>
    public string? LocalEnvironment(string name, SourceLocation location, string place) => context.AllowedEnvironment.Contains(name)
        ? context.LocalEnv(name)
        : throw new DevcontainerException(Codes.EnvironmentNotAllowed, location, JsonText.Escape(name), JsonText.Escape(name), place);

    private static bool HasVariable(JsonNode node)
    {
        switch (node)
        {
            case JsonString text:
                return text.Value.Contains("${", StringComparison.Ordinal);
            case JsonArray array:
                foreach (JsonNode item in array)
                {
                    if (HasVariable(item))
                    {
                        return true;
                    }
                }

                return false;
            case JsonObject properties:
                foreach (JsonProperty property in properties)
                {
                    if (HasVariable(property.Value))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }

    private string Replace(string text, TextPosition position, string? place, bool inContainerFolder = false)
    {
        StringBuilder? result = null;
        int copied = 0;
        int start = 0;
        while ((start = text.IndexOf("${", start, StringComparison.Ordinal)) >= 0)
        {
            int end = text.IndexOf('}', start + 2);
            if (end < 0)
            {
                break;
            }

            ReadOnlySpan<char> variable = text.AsSpan(start + 2, end - start - 2);
            if (variable.IndexOfAny("\n\r\u2028\u2029") >= 0)
            {
                // The reference's pattern does not reach over lines; a later "${" may.
                start++;
                continue;
            }

            if (Value(variable.ToString(), position, place, inContainerFolder) is { } value)
            {
                (result ??= new StringBuilder()).Append(text, copied, start - copied).Append(value);
                copied = end + 1;
            }

            start = end + 1;
        }

        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <returns>The value, or null for a variable that stays as it is.</returns>
    private string? Value(string variable, TextPosition position, string? place, bool inContainerFolder)
    {
        string[] parts = variable.Split(':');
        switch (parts[0])
        {
            case "env" or "localEnv":
                if (parts.Length < 2)
                {
                    throw new DevcontainerException(Codes.VariableWithoutName, position.In(File), $"${{{variable}}}");
                }

                string name = parts[1];
                if (!context.AllowedEnvironment.Contains(name))
                {
                    // A default stands where every tool on this machine would take it.
                    return place is null ? null
                        : parts.Length > 2 && !context.IsElsewise(name, parts[2]) ? parts[2]
                        : throw new DevcontainerException(
                            Codes.EnvironmentNotAllowed, position.In(File), JsonText.Escape($"${{{variable}}}"), JsonText.Escape(name), place);
                }

                return context.LocalEnv(name) ?? (parts.Length > 2 ? parts[2] : "");
            case "localWorkspaceFolder":
                return localWorkspaceFolder;
            case "localWorkspaceFolderBasename":
                return Path.GetFileName(Path.TrimEndingDirectorySeparator(localWorkspaceFolder));
            case "containerWorkspaceFolder" or "containerWorkspaceFolderBasename" when inContainerFolder:
                return null;
            case "containerWorkspaceFolder":
                return ContainerFolder(position, place);
            case "containerWorkspaceFolderBasename":
                return ContainerPath.FileName(ContainerFolder(position, place));
            default:
                return null;
        }
    }

    /// <summary>The folder's own variables are replaced once; one that stands for the folder itself stays as it is.</summary>
    private string ContainerFolder(TextPosition position, string? place) =>
        Replace(containerWorkspaceFolder, position, place, inContainerFolder: true);
}

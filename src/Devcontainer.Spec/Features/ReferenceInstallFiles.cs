using System.Text;

namespace Devcontainer.Spec;

/// <summary>
/// The files that the reference CLI puts beside a Feature's own, to the byte, so that an engine that has run its layers need not run ours
/// (devcontainers/cli 0.89 <c>src/spec-configuration/containerFeaturesConfiguration.ts</c>). As there, the shell reads the values of options:
/// what they expand to is what <c>install.sh</c> gets.
/// </summary>
internal static class ReferenceInstallFiles
{
    private const string Line = "echo ===========================================================================";

    /// <summary>The text of <see cref="FeatureInstallFiles.EnvironmentName"/>.</summary>
    internal static string Environment(IEnumerable<KeyValuePair<string, string>> variables) => string.Join('\n', Assignments(variables));

    /// <summary>The text of <see cref="FeatureInstallFiles.ScriptName"/>.</summary>
    internal static string Script(ResolvedFeature feature, IEnumerable<KeyValuePair<string, string>> variables)
    {
        FeatureMetadata metadata = feature.Metadata;
        string id = feature.Reference is OciFeatureReference oci ? oci.Resource : "Unknown";
        string name = metadata.Name ?? (feature.Reference is LocalFeatureReference ? feature.Id : "Unknown");
        string help = metadata.DocumentationUrl is { Length: > 0 } url ? $" Look at the documentation at {url} for help troubleshooting this error." : "";
        string deprecated = metadata.Deprecated
            ? Echo($"(!) WARNING: Using the deprecated Feature \"{metadata.Id}\". This Feature will no longer receive any further updates/support.\n")
            : "";
        string options = string.Join('\n', Assignments(variables).Select(static line => $"    {line}"));
        string[] lines =
        [
            "#!/bin/sh", "set -e", "", "on_exit () {", "\t[ $? -eq 0 ] && exit", "\t" + Echo($"ERROR: Feature \"{name}\" ({id}) failed to install!{help}"), "}", "",
            "trap on_exit EXIT", "", Line, deprecated,
            Echo($"Feature       : {name}"), Echo($"Description   : {metadata.Description}"), Echo($"Id            : {id}"), Echo($"Version       : {metadata.Version}"),
            Echo($"Documentation : {metadata.DocumentationUrl}"), Echo("Options       :"), Echo(options), Line, "",
            "set -a", $". ../{FeatureInstallFiles.BuiltinEnvironmentName}", $". ./{FeatureInstallFiles.EnvironmentName}", "set +a", "", "chmod +x ./install.sh", "./install.sh", "",
        ];
        return string.Join('\n', lines);
    }

    /// <summary>The text of <see cref="FeatureInstallFiles.BuiltinEnvironmentName"/>: homes are added to it in the build.</summary>
    internal static string BuiltinEnvironment(ContainerUsers users) => $"_CONTAINER_USER={users.Container}\n_REMOTE_USER={users.Remote}\n";

    private static IEnumerable<string> Assignments(IEnumerable<KeyValuePair<string, string>> variables) =>
        variables.Select(static variable => $"{variable.Key}=\"{variable.Value}\"");

    private static string Echo(string text) => new StringBuilder("echo '").Append(text.Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'').ToString();
}

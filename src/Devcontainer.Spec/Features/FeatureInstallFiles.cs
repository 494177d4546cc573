using System.Globalization;
using System.Text;

namespace Devcontainer.Spec;

/// <summary>
/// The files that stand beside a Feature's own when it is installed, as the specification wants them ("Invoking install.sh"): its options as
/// environment variables, and the script that runs it. Values are what the user wrote, to the letter: nothing in them is ever expanded or run.
/// </summary>
public sealed record FeatureInstallFiles
{
    /// <summary>The file of the users, one for all Features, in the folder above theirs.</summary>
    public const string BuiltinEnvironmentName = "devcontainer-features.builtin.env";

    /// <summary>The file of a Feature's options.</summary>
    public const string EnvironmentName = "devcontainer-features.env";

    /// <summary>The script that installs a Feature; to be run in the Feature's folder.</summary>
    public const string ScriptName = "devcontainer-features-install.sh";

    /// <summary>The Feature.</summary>
    public required ResolvedFeature Feature { get; init; }

    /// <summary>The name of its folder in the build: its id and its place in the order.</summary>
    public required string FolderName { get; init; }

    /// <summary>Its options as environment variables, in order.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Variables { get; init; }

    /// <summary>The text of <see cref="EnvironmentName"/>.</summary>
    public required string Environment { get; init; }

    /// <summary>The text of <see cref="ScriptName"/>.</summary>
    public required string Script { get; init; }

    /// <summary>Makes the files of every Feature.</summary>
    /// <param name="features">The Features in the order of installation.</param>
    /// <param name="referenceCompatible">Whether they are those of the reference CLI, to the byte; the shell then reads the values of options.</param>
    public static IReadOnlyList<FeatureInstallFiles> Create(IReadOnlyList<ResolvedFeature> features, bool referenceCompatible = false)
    {
        var files = new FeatureInstallFiles[features.Count];
        for (int i = 0; i < files.Length; i++)
        {
            List<KeyValuePair<string, string>> variables = VariablesOf(features[i]);
            files[i] = new FeatureInstallFiles
            {
                Feature = features[i],
                FolderName = string.Create(CultureInfo.InvariantCulture, $"{features[i].Metadata.Id}_{i}"),
                Variables = variables,
                Environment = referenceCompatible ? ReferenceInstallFiles.Environment(variables) : EnvironmentOf(variables),
                Script = referenceCompatible ? ReferenceInstallFiles.Script(features[i], variables) : ScriptOf(features[i], variables),
            };
        }

        return files;
    }

    /// <summary>
    /// The text of <see cref="BuiltinEnvironmentName"/>: who the container and the tools will run as, and the homes of both, looked up where the
    /// file is read.
    /// </summary>
    /// <param name="users">The users.</param>
    /// <param name="referenceCompatible">Whether it is that of the reference CLI, to the byte: homes are looked up by the instructions that go with it.</param>
    public static string BuiltinEnvironment(ContainerUsers users, bool referenceCompatible = false)
    {
        return referenceCompatible
            ? ReferenceInstallFiles.BuiltinEnvironment(users)
            : $"""
            _CONTAINER_USER={Quote(users.Container)}
            _REMOTE_USER={Quote(users.Remote)}
            _CONTAINER_USER_HOME="$({Lookup(users.Container)})"
            _REMOTE_USER_HOME="$({Lookup(users.Remote)})"

            """;

        // By name or by number, in the system's database, or in the file where there is no getent. Awk is not everywhere; cut and grep are.
        static string Lookup(string user)
        {
            string name = user.Split(':')[0];
            string pattern = name.Replace(".", "\\.", StringComparison.Ordinal);
            return $"{{ getent passwd {Quote(name)} 2>/dev/null || grep -E '^({pattern}|[^:]*:[^:]*:{pattern}):' /etc/passwd || true; }} | head -n 1 | cut -d: -f6";
        }
    }

    /// <summary>
    /// The name of the environment variable of an option (specification, "Option resolution"): what is not a letter, a digit or '_' becomes '_',
    /// digits and '_' at the start become one '_', letters become capitals.
    /// </summary>
    public static string VariableName(string option)
    {
        var name = new StringBuilder(option.Length);
        foreach (char c in option)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_');
        }

        int start = 0;
        while (start < name.Length && (name[start] == '_' || char.IsAsciiDigit(name[start])))
        {
            start++;
        }

        return start == 0 ? name.ToString() : $"_{name.ToString(start, name.Length - start)}";
    }

    private static List<KeyValuePair<string, string>> VariablesOf(ResolvedFeature feature)
    {
        var shape = new JsonShape(feature.Metadata.File);
        var variables = new List<KeyValuePair<string, string>>(feature.Options.Count);
        foreach (JsonProperty option in feature.Options)
        {
            variables.Add(new(VariableName(option.Name), shape.Text(option.Value, option.Name)));
        }

        return variables;
    }

    private static string EnvironmentOf(List<KeyValuePair<string, string>> variables)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in variables)
        {
            text.Append(name).Append('=').Append(Quote(value)).Append('\n');
        }

        return text.ToString();
    }

    private static string ScriptOf(ResolvedFeature feature, List<KeyValuePair<string, string>> variables)
    {
        FeatureMetadata metadata = feature.Metadata;
        string title = metadata.Name is { Length: > 0 } name ? $"{name} ({feature.Id})" : feature.Id;
        string help = metadata.DocumentationUrl is { Length: > 0 } url ? $" See {url}" : "";
        var lines = new List<string> { $"Feature: {title}{(metadata.Version is { Length: > 0 } version ? $", version {version}" : "")}" };
        foreach ((string variable, string value) in variables)
        {
            lines.Add($"  {variable}={value}");
        }

        // printf, for echo reads backslashes in some shells.
        return $"""
            #!/bin/sh
            set -e
            on_exit() {'{'}
              [ $? -eq 0 ] || printf '%s\n' {Quote(Printable($"ERROR: the Feature {title} failed to install.{help}"))} >&2
            {'}'}
            trap on_exit EXIT
            printf '%s\n' {string.Join(" ", lines.Select(line => Quote(Printable(line))))}
            set -a
            . ../{BuiltinEnvironmentName}
            . ./{EnvironmentName}
            set +a
            [ -x ./install.sh ] || chmod +x ./install.sh
            ./install.sh

            """;
    }

    /// <summary>What a log shows of a text: control characters as escapes, so that none reaches a terminal.</summary>
    private static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = char.IsControl(c) ? printable.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : printable.Append(c);
        }

        return printable.ToString();
    }

    /// <summary>A word that a POSIX shell takes to the letter (POSIX, "Single-Quotes").</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

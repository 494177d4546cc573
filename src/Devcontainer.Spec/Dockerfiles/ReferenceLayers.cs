using System.Text.RegularExpressions;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// The instructions by which the reference CLI installs Features, to the letter, so that what an engine or a cache has of either tool serves the other
/// (devcontainers/cli 0.89 <c>src/spec-configuration/containerFeaturesConfiguration.ts</c>). All Features are in one context, at whose root is
/// <see cref="FeatureInstallFiles.BuiltinEnvironmentName"/>.
/// </summary>
internal static partial class ReferenceLayers
{
    /// <summary>The name of that context.</summary>
    internal const string Context = "dev_containers_feature_content_source";

    private const string NormalizeStage = "dev_containers_feature_content_normalize";
    private const string Source = "/tmp/build-features";
    private const string Builtin = $"{PrebuildDockerfile.FeaturesFolder}/{FeatureInstallFiles.BuiltinEnvironmentName}";

    /// <summary>
    /// An argument that stands in the last stage of the user's Dockerfile, by the way the CLI puts its text after that. Stages on it inherit the argument, and
    /// it is in the environment of each of their instructions.
    /// </summary>
    internal static string Argument(string from) => $"ARG _DEV_CONTAINERS_BASE_IMAGE={from}";

    /// <summary>The stage before the one that Features are installed in.</summary>
    internal static IEnumerable<string> NormalizeStageOn(string from) =>
    [
        $"FROM {from} AS {NormalizeStage}",
        "USER root",
        $"COPY --from={Context} {FeatureInstallFiles.BuiltinEnvironmentName} {Source}/",
        $"RUN chmod -R 0755 {Source}/",
        "",
    ];

    /// <summary>What comes before the first Feature.</summary>
    internal static IEnumerable<string> Begin(ContainerUsers users, char escape) =>
    [
        $"RUN mkdir -p {PrebuildDockerfile.FeaturesFolder}",
        $"COPY --from={NormalizeStage} {Source}/ {PrebuildDockerfile.FeaturesFolder}",
        $"RUN {escape}",
        $"echo \"_CONTAINER_USER_HOME=$({Lookup(users.Container)} | cut -d: -f6)\" >> {Builtin} && {escape}",
        $"echo \"_REMOTE_USER_HOME=$({Lookup(users.Remote)} | cut -d: -f6)\" >> {Builtin}",
    ];

    /// <summary>The installation of one.</summary>
    internal static IEnumerable<string> Install(string folder, char escape)
    {
        string place = $"{PrebuildDockerfile.FeaturesFolder}/{folder}";
        return
        [
            $"RUN --mount=type=bind,from={Context},source={folder},target={Source}-src/{folder} {escape}",
            $"    cp -ar {Source}-src/{folder} {PrebuildDockerfile.FeaturesFolder} {escape}",
            $" && chmod -R 0755 {place} {escape}",
            $" && cd {place} {escape}",
            $" && chmod +x ./{FeatureInstallFiles.ScriptName} {escape}",
            $" && ./{FeatureInstallFiles.ScriptName} {escape}",
            $" && rm -rf {place}",
        ];
    }

    private static string Lookup(string user)
    {
        string pattern = Special().Replace(user, @"\$&");
        return $" (command -v getent >/dev/null 2>&1 && getent passwd '{user}' || grep -E '^{pattern}|^[^:]*:[^:]*:{pattern}:' /etc/passwd || true)";
    }

    [GeneratedRegex(@"[.*+?^${}()|[\]\\]")]
    private static partial Regex Special();
}

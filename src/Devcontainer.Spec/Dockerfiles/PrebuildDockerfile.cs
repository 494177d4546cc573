using System.Buffers;
using System.Text;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>What <see cref="PrebuildDockerfile.Generate"/> is given.</summary>
public sealed record PrebuildDockerfileRequest
{
    /// <summary>The image to build on; null where <see cref="Dockerfile"/> is given.</summary>
    public string? BaseImage { get; init; }

    /// <summary>The Dockerfile to build on; null where <see cref="BaseImage"/> is given.</summary>
    public DockerfileDocument? Dockerfile { get; init; }

    /// <summary>The stage of the Dockerfile to build on; null for the last.</summary>
    public string? Target { get; init; }

    /// <summary>The Features, in the order of installation.</summary>
    public IReadOnlyList<FeatureStep> Features { get; init; } = [];

    /// <summary>The caches that Feature installs have; they stay on the builder and are never part of the image.</summary>
    public IReadOnlyList<CacheMount> CacheMounts { get; init; } = CacheMount.Defaults;

    /// <summary>The secrets that Feature installs may read.</summary>
    public IReadOnlyList<SecretMount> Secrets { get; init; } = [];

    /// <summary>The user of the image before Features, which it has again after them.</summary>
    public string ImageUser { get; init; } = "root";

    /// <summary>
    /// The users, where the layers shall be those of the reference CLI, for either tool's build cache to serve the other; null for layers of our own. All
    /// Features are then in the context <see cref="PrebuildDockerfile.ReferenceContext"/>, and have neither cache mounts nor secrets.
    /// </summary>
    public ContainerUsers? ReferenceUsers { get; init; }

    /// <summary>
    /// Whether <see cref="BaseImage"/> is that of a Compose service. With <see cref="ReferenceUsers"/> it has a stage of its own then, as the reference CLI
    /// gives it one.
    /// </summary>
    public bool IsService { get; init; }

    /// <summary>Variables to set after the Features, to the letter.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ContainerEnvironment { get; init; } = [];
}

/// <summary>The installation of one Feature.</summary>
/// <param name="Context">
/// The named context that holds, at its root, the folder of the Feature and <c>devcontainer-features.builtin.env</c>. One context a Feature, so that
/// a change of one invalidates no other.
/// </param>
/// <param name="Folder">The name of the folder, which holds <c>devcontainer-features-install.sh</c>.</param>
/// <param name="Environment">
/// Its <c>containerEnv</c>, set before it is installed; variables in the values are expanded, as in <c>/opt/x/bin:${PATH}</c>.
/// </param>
public sealed record FeatureStep(string Context, string Folder, IReadOnlyList<KeyValuePair<string, string>> Environment);

/// <summary>A cache that Feature installs share between builds.</summary>
/// <param name="Target">The absolute path in the container.</param>
/// <param name="Id">The name of the cache; the platform is added, because what one platform downloads is of no use to another.</param>
/// <param name="Sharing"><c>locked</c>, <c>shared</c> or <c>private</c>.</param>
public sealed record CacheMount(string Target, string Id, string Sharing = "locked")
{
    internal const string AptTarget = "/var/cache/apt";

    /// <summary>
    /// The package managers' downloads. Not apt's lists: Features leave out <c>apt-get update</c> when there are any, and a list of
    /// last week names packages that are gone.
    /// </summary>
    public static IReadOnlyList<CacheMount> Defaults { get; } =
    [
        new(AptTarget, "devcontainer-apt"),
        new("/root/.nuget/packages", "devcontainer-nuget-packages"),
        new("/root/.local/share/NuGet/http-cache", "devcontainer-nuget-http"),
        new("/root/.npm/_cacache", "devcontainer-npm"),
        new("/root/.cache/pip", "devcontainer-pip"),
    ];
}

/// <summary>A secret that Feature installs find at <c>/run/secrets/&lt;id&gt;</c>.</summary>
/// <param name="Id">Its id.</param>
public sealed record SecretMount(string Id);

/// <summary>
/// The Dockerfile that a prebuild builds: the user's, or the image, and a step for each Feature
/// (devcontainers/cli <c>src/spec-configuration/containerFeaturesConfiguration.ts</c>, which names the stage alike).
/// </summary>
/// <param name="Text">Its text.</param>
/// <param name="Target">The stage to build; null for the last.</param>
/// <param name="BuildArguments">Build arguments that it needs besides the user's.</param>
public sealed record PrebuildDockerfile(string Text, string? Target, IReadOnlyDictionary<string, string> BuildArguments)
{
    /// <summary>Where a Feature's context is mounted: the folder above its own.</summary>
    public const string FeaturesFolder = "/tmp/dev-container-features";

    /// <summary>The context of all Features where the layers are the reference CLI's.</summary>
    public const string ReferenceContext = ReferenceLayers.Context;

    /// <summary>How stages begin that stand for nothing of the user's.</summary>
    public const string InternalStagePrefix = "dev_containers_internal_";

    private const string TargetStage = "dev_containers_target_stage";
    private const string UserStage = "dev_container_auto_added_stage_label";
    private const string AptStage = InternalStagePrefix + "apt_keep";
    private const string NewlineArgument = "_DEV_CONTAINERS_NEWLINE";

    /// <summary>BuildKit reads lines of less than 64 KiB.</summary>
    private const int MaxLineBytes = 65_000;

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:~");

    private static readonly SearchValues<char> NotInNames = SearchValues.Create("=\"'$\\`\0 \t\r\n\v\f");

    /// <summary>Generates it. The same request gives the same text.</summary>
    /// <exception cref="DevcontainerException">
    /// DEVC1120: a variable cannot be written. DEVC1121: a cache mount or a secret cannot.
    /// </exception>
    public static PrebuildDockerfile Generate(PrebuildDockerfileRequest request)
    {
        var nothing = new Dictionary<string, string>();
        bool extends = request.Features.Count > 0 || request.ContainerEnvironment.Count > 0;
        if (request.Dockerfile is { } document && !extends)
        {
            return new PrebuildDockerfile(DockerfileText.ForBuild(document, null), request.Target, nothing);
        }

        var text = new StringBuilder();
        string from = request.BaseImage!;
        char escape = '\\';
        if (request.Dockerfile is not null)
        {
            document = request.Dockerfile;
            escape = document.Escape;
            from = request.Target?.ToLowerInvariant() ?? document.Stages[^1].Name ?? UserStage;
            text.Append(DockerfileText.ForBuild(document, request.Target is null && document.Stages[^1].Name is null ? UserStage : null));
            text.Append(text[^1] == '\n' ? "\n" : "\n\n");
        }

        var writer = new Writer(text, escape);
        bool isReference = request.ReferenceUsers is not null && request.Features.Count > 0;
        bool keepsApt = request.Features.Count > 0 && !isReference && request.CacheMounts.Any(mount => mount.Target.TrimEnd('/') == CacheMount.AptTarget);
        if (keepsApt)
        {
            // Debian's and Ubuntu's images empty apt's cache after each use of it; this stands in for the file that says so.
            writer.Line($"FROM scratch AS {AptStage}");
            writer.Line("COPY <<EOF /keep");
            writer.Line("Binary::apt::APT::Keep-Downloaded-Packages \"true\";");
            writer.Line("EOF");
            writer.Line();
        }

        if (isReference)
        {
            if (request.Dockerfile is null && request.IsService)
            {
                writer.Line($"FROM {from} AS {UserStage}");
                from = UserStage;
            }

            if (request.Dockerfile is not null || request.IsService)
            {
                writer.Line(ReferenceLayers.Argument(request.Target ?? from));
            }

            writer.Lines(ReferenceLayers.NormalizeStageOn(from));
        }

        writer.Line($"FROM {from} AS {TargetStage}");
        if (request.Features.Count > 0)
        {
            writer.Line("USER root");
            if (isReference)
            {
                writer.Lines(ReferenceLayers.Begin(request.ReferenceUsers!, escape));
            }
            else if (request.CacheMounts.Count > 0)
            {
                // Without this the platform is not there in the names of the caches.
                writer.Line("ARG TARGETPLATFORM");
            }

            string mounts = isReference ? string.Empty : Mounts(request, keepsApt, escape);
            foreach (FeatureStep step in request.Features)
            {
                writer.Line();
                foreach ((string name, string value) in step.Environment)
                {
                    writer.Environment(name, value, expand: true);
                }

                string folder = Plain("folder", step.Folder);
                writer.Lines(isReference ? ReferenceLayers.Install(folder, escape) : Install(step, folder, mounts, escape));
            }

            writer.Line();
            writer.User(request.ImageUser);
        }

        foreach ((string name, string value) in request.ContainerEnvironment)
        {
            writer.Environment(name, value, expand: false);
        }

        return new PrebuildDockerfile(
            text.ToString(), TargetStage, writer.UsesNewline ? new Dictionary<string, string> { [NewlineArgument] = "\n" } : nothing);
    }

    // The JSON form: an image's SHELL may be no shell. Writes to the mount are dropped after the step.
    private static string[] Install(FeatureStep step, string folder, string mounts, char escape) =>
    [
        $"RUN --mount=type=bind,from={Plain("context", step.Context)},target={FeaturesFolder},rw {mounts}{escape}",
        $"    [\"/bin/sh\", \"-c\", \"cd {FeaturesFolder}/{folder} && exec ./{FeatureInstallFiles.ScriptName}\"]",
    ];

    private static string Mounts(PrebuildDockerfileRequest request, bool keepsApt, char escape)
    {
        var mounts = new StringBuilder();
        foreach (CacheMount mount in request.CacheMounts)
        {
            string sharing = mount.Sharing is "locked" or "shared" or "private"
                ? mount.Sharing
                : throw new DevcontainerException(Codes.MountNotWritable, "sharing", mount.Sharing, "it is 'locked', 'shared' or 'private'");
            string target = mount.Target.StartsWith('/') && mount.Target.TrimEnd('/').Length > 0
                ? mount.Target
                : throw new DevcontainerException(Codes.MountNotWritable, "target", mount.Target, "it is an absolute path, and not the root");
            Add($"type=cache,id={Plain("id", mount.Id)}-$TARGETPLATFORM,target={Plain("target", target)},sharing={sharing}");
        }

        if (keepsApt)
        {
            Add($"type=bind,from={AptStage},source=/keep,target=/etc/apt/apt.conf.d/docker-clean");
        }

        foreach (SecretMount secret in request.Secrets)
        {
            Add($"type=secret,id={Plain("id", secret.Id)}");
        }

        return mounts.ToString();

        void Add(string mount) => mounts.Append(escape).Append("\n    --mount=").Append(mount).Append(' ');
    }

    /// <summary>A word that neither the Dockerfile, nor the mount's list of fields, nor the shell reads in another way.</summary>
    private static string Plain(string what, string word) => word.Length > 0 && word.AsSpan().IndexOfAnyExcept(PlainCharacters) < 0
        ? word
        : throw new DevcontainerException(Codes.MountNotWritable, what, word, "it has letters, digits and any of / . _ - + @ : ~");

    private sealed class Writer(StringBuilder text, char escape)
    {
        public bool UsesNewline { get; private set; }

        public void Line(string line = "") => text.Append(line).Append('\n');

        public void Lines(IEnumerable<string> lines)
        {
            foreach (string line in lines)
            {
                Line(line);
            }
        }

        public void User(string user)
        {
            var line = new StringBuilder("USER ");
            foreach (char c in user)
            {
                _ = c is '"' or '\'' or '$' || c == escape ? line.Append(escape).Append(c) : line.Append(c);
            }

            Line(line.ToString());
        }

        /// <summary>
        /// Writes an ENV in double quotes: there the escape character escapes itself, the quote and the dollar sign, and nothing else.
        /// A line end cannot be written at all; it is passed by a build argument.
        /// </summary>
        public void Environment(string name, string value, bool expand)
        {
            if (name.Length == 0 || name.AsSpan().IndexOfAny(NotInNames) >= 0)
            {
                throw new DevcontainerException(Codes.EnvironmentNotWritable, name, "a name has no white space, quote, '=', '$' or backslash");
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                throw new DevcontainerException(Codes.EnvironmentNotWritable, name, "its value has a NUL character");
            }

            var line = new StringBuilder("ENV ").Append(name).Append("=\"");
            bool newline = false;
            foreach (char c in value)
            {
                if (c == '\n')
                {
                    newline = true;
                    line.Append("${").Append(NewlineArgument).Append('}');
                    continue;
                }

                if (c == '"' || c == escape || (c == '$' && !expand))
                {
                    line.Append(escape);
                }

                line.Append(c);
            }

            string written = line.Append('"').ToString();
            if (expand)
            {
                RequireExpandable(name, written[(written.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            }

            if (Encoding.UTF8.GetByteCount(written) > MaxLineBytes)
            {
                throw new DevcontainerException(Codes.EnvironmentNotWritable, name, "its value is longer than a line of a Dockerfile may be (64 KiB)");
            }

            if (newline && !UsesNewline)
            {
                UsesNewline = true;
                Line($"ARG {NewlineArgument}");
            }

            Line(written);
        }

        private void RequireExpandable(string name, string value)
        {
            try
            {
                // Any value will do for a variable that must be set.
                WordExpander.Expand(value, escape, static _ => "x");
            }
            catch (ExpansionException exception)
            {
                throw new DevcontainerException(
                    Diagnostic.Create(Codes.EnvironmentNotWritable, null, name, $"its value cannot be expanded: {exception.Message}"), exception);
            }
        }
    }
}

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>A Dockerfile with its variables known: what one build of it for one platform comes to.</summary>
/// <param name="Document">The Dockerfile.</param>
/// <param name="Target">The stage that is built.</param>
/// <param name="Stages">The target and the stages it needs, in the order of the file.</param>
/// <param name="ExternalImages">The images that those stages fetch, in the order met, each reference and platform once.</param>
/// <param name="Sources">The paths of the build context that those stages read, in the order met.</param>
public sealed record ResolvedDockerfile(
    DockerfileDocument Document,
    ResolvedStage Target,
    IReadOnlyList<ResolvedStage> Stages,
    IReadOnlyList<ExternalImage> ExternalImages,
    IReadOnlyList<ContextSource> Sources)
{
    /// <summary>Resolves <paramref name="document"/> for a build.</summary>
    /// <exception cref="Diagnostics.DevcontainerException">
    /// DEVC1107: no such target. DEVC1108, DEVC1109: a stage that is not there, or comes later. DEVC1110: a variable that cannot be
    /// expanded. DEVC1114: a FROM that comes to nothing.
    /// </exception>
    public static ResolvedDockerfile Resolve(DockerfileDocument document, DockerfileInputs inputs) =>
        new DockerfileResolver(document, inputs).Resolve();
}

/// <summary>A stage of a <see cref="ResolvedDockerfile"/>.</summary>
public sealed record ResolvedStage
{
    /// <summary>The stage as written.</summary>
    public required DockerfileStage Stage { get; init; }

    /// <summary>What it builds on, variables expanded: an image, a stage, a named context or <c>scratch</c>.</summary>
    public required string BaseName { get; init; }

    /// <summary>The stage that it builds on; null where it builds on something else.</summary>
    public ResolvedStage? BaseStage { get; init; }

    /// <summary>The image that it builds on; null where it builds on something else.</summary>
    public ExternalImage? BaseImage { get; init; }

    /// <summary>The platform of the stage.</summary>
    public required string Platform { get; init; }

    /// <summary>
    /// The environment that the stage's image has: by ENV, by the stages it builds on, and by its base image where that is known
    /// (<see cref="EnvironmentIsComplete"/>).
    /// </summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Whether the environment of the base image is known.</summary>
    public required bool EnvironmentIsComplete { get; init; }

    /// <summary>The user that the stage's image has; null where it is the base image's and that is not known, or where there is none.</summary>
    public string? User { get; init; }

    /// <summary>
    /// The variables in <see cref="User"/> that no ENV or ARG sets, and that the base image may: with them <see cref="User"/> is only right
    /// once <see cref="DockerfileInputs.BaseImages"/> is given.
    /// </summary>
    public IReadOnlyList<string> UserUndecidedBy { get; init; } = [];
}

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>What a build of a Dockerfile is given besides its text.</summary>
public sealed record DockerfileInputs
{
    /// <summary>The platform that is built for, such as <c>linux/arm64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>The platform that the builder itself runs on (<c>BUILDPLATFORM</c>); null means <see cref="Platform"/>.</summary>
    public string? BuildPlatform { get; init; }

    /// <summary>The stage to build, by name; null for the last.</summary>
    public string? Target { get; init; }

    /// <summary>The build arguments.</summary>
    public IReadOnlyDictionary<string, string> BuildArguments { get; init; } = new Dictionary<string, string>();

    /// <summary>Names that the build gives contexts of their own; they stand for a stage or an image of that name.</summary>
    public IReadOnlySet<string> NamedContexts { get; init; } = new HashSet<string>();

    /// <summary>
    /// What the configuration of an image says; null (the function or its result) where it is not known, and then what depends on it
    /// is reported as undecided.
    /// </summary>
    public Func<ExternalImage, BaseImage?>? BaseImages { get; init; }
}

/// <summary>What an image's configuration says that a build on it depends on.</summary>
/// <param name="Environment">Its environment variables.</param>
/// <param name="User">Its user; null or empty where it has none.</param>
/// <param name="OnBuild">Its ONBUILD triggers, as expressions.</param>
public sealed record BaseImage(IReadOnlyDictionary<string, string> Environment, string? User, IReadOnlyList<string> OnBuild);

using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Workflows;

/// <summary>
/// Path filters for what an image is made of. They may match more than that, and never less: a change that they miss is an image that nobody
/// builds.
/// </summary>
internal static class WorkflowPaths
{
    /// <summary>The filters, sorted, none within another.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="request">What the project says.</param>
    /// <param name="platforms">The platforms: what is copied may depend on them.</param>
    /// <param name="root">The repository; what is outside it changes with no commit.</param>
    /// <param name="more">Files besides those: the project and what it imports.</param>
    internal static IReadOnlyList<string> Of(
        DevcontainerConfiguration configuration, PrebuildRequest request, IReadOnlyList<Platform> platforms, string root, IEnumerable<string> more)
    {
        var paths = new List<Place>
        {
            // Local Features are in it, and most often the configuration with its lock files.
            new(Path.Combine(configuration.WorkspaceFolder, ".devcontainer"), IsFolder: true),
            new(configuration.File),
        };
        paths.AddRange(LockFiles(configuration).Concat(configuration.ComposeFiles).Concat(request.Inputs.Select(static input => input.Path)).Concat(more).Select(static path => new Place(path)));
        if (configuration.Build is { } build)
        {
            paths.Add(new(build.Dockerfile));
            paths.Add(new(build.Dockerfile + ".dockerignore"));
            paths.Add(new(Path.Combine(build.Context, ".dockerignore")));
            paths.AddRange(Sources(build, request, platforms).Select(source => PlaceOf(source, build.Context)));
        }

        return Reduce(paths.Select(place => Filter(place, root)).OfType<string>());
    }

    /// <summary>The lock files of a configuration: the specification's and ours.</summary>
    internal static IReadOnlyList<string> LockFiles(DevcontainerConfiguration configuration) =>
        [LockFile.PathFor(configuration.File), FeatureLockfile.PathFor(configuration.File)];

    /// <summary>A path in the repository, with <c>/</c>; null for one outside.</summary>
    internal static string? Relative(string root, string path)
    {
        string relative = Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
        return relative == ".." || relative.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? null : relative;
    }

    private static IEnumerable<ContextSource> Sources(DockerfileBuild build, PrebuildRequest request, IReadOnlyList<Platform> platforms)
    {
        DockerfileDocument document = DockerfileDocument.Load(build.Dockerfile);
        var arguments = new Dictionary<string, string>(build.Args, StringComparer.Ordinal);
        foreach ((string name, string value) in request.BuildArguments)
        {
            arguments[name] = value;
        }

        return platforms.SelectMany(platform => ResolvedDockerfile.Resolve(
            document, new DockerfileInputs { Platform = platform.ToString(), Target = build.Target, BuildArguments = arguments }).Sources);
    }

    /// <summary>What an instruction reads: a file, a folder with all in it, or where that cannot be told the whole context.</summary>
    private static Place PlaceOf(ContextSource source, string context)
    {
        var whole = new Place(context, IsFolder: true);
        if (source.Undecided is not null)
        {
            return whole;
        }

        string path = context;
        foreach (string part in source.Path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            // Wildcards match in the folder that they stand in. Links and ways up lead elsewhere in the context.
            if (part.AsSpan().IndexOfAny("*?[\\") >= 0)
            {
                return new Place(path, IsFolder: true);
            }

            path = Path.Combine(path, part);
            if (part == ".." || new FileInfo(path).LinkTarget is not null)
            {
                return whole;
            }
        }

        return new Place(path, IsFolder: !File.Exists(path));
    }

    private static string? Filter(Place place, string root) => Relative(root, place.Path) switch
    {
        null => null,
        "." => "**",
        { } path => WorkflowText.Filter(path) + (place.IsFolder ? "/**" : string.Empty),
    };

    private static List<string> Reduce(IEnumerable<string> filters)
    {
        string[] distinct = [.. filters.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return distinct.Contains("**")
            ? ["**"]
            : [.. distinct.Where(filter => !distinct.Any(other =>
                other != filter && other.EndsWith("/**", StringComparison.Ordinal) && filter.StartsWith(other[..^2], StringComparison.Ordinal)))];
    }

    /// <summary>A file, or a folder with all that is in it.</summary>
    private readonly record struct Place(string Path, bool IsFolder = false);
}

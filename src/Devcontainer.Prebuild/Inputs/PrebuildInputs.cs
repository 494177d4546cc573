using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Features;
using Devcontainer.Prebuild.Packages;
using Devcontainer.Prebuild.Toolchain;
using Devcontainer.Spec;
using Devcontainer.Spec.Contexts;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// Everything that an image is made of, read and hashed: the first step of the pipeline. Nothing that is not in here reaches the key, the plan
/// or the build.
/// </summary>
internal sealed record PrebuildInputs
{
    /// <summary>The configuration.</summary>
    internal required DevcontainerConfiguration Configuration { get; init; }

    /// <summary>The Dockerfile, or null where the configuration names an image.</summary>
    internal DockerfileDocument? Dockerfile { get; init; }

    /// <summary>The main context; null where there is none.</summary>
    internal FileTree? Context { get; init; }

    /// <summary>What of the context the Dockerfile names.</summary>
    internal IReadOnlyList<ContextSource> Sources { get; init; } = [];

    /// <summary>Build arguments: the configuration's, and over them the project's; sorted.</summary>
    internal required IReadOnlyList<KeyValuePair<string, string>> BuildArguments { get; init; }

    /// <summary>Labels of the image: the configuration's that the project does not give itself, then the project's.</summary>
    internal required IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; }

    /// <summary>What the configuration says of the build besides.</summary>
    internal BuildOptions Options => Configuration.Build?.Options ?? BuildOptions.None;

    /// <summary>The Features, in install order.</summary>
    internal required IReadOnlyList<FeatureInput> Features { get; init; }

    /// <summary>The Features' lock file; null where no Feature needs one.</summary>
    internal FeatureLock? FeatureLock { get; init; }

    /// <summary>The images that the build fetches, in order of meeting, each once.</summary>
    internal required IReadOnlyList<BaseImageInput> BaseImages { get; init; }

    /// <summary>The pins of the base images.</summary>
    internal required LockFile Lock { get; init; }

    /// <summary>Declared inputs.</summary>
    internal required IReadOnlyList<DeclaredInputDigest> Declared { get; init; }

    /// <summary>What a restore of the projects reads whose packages go into the image; null where there are none.</summary>
    internal RestoreFiles? RestoreFiles { get; init; }

    /// <summary>The .NET that goes into the image, the lowest layer first; empty for none.</summary>
    internal IReadOnlyList<ToolchainPart> Toolchain { get; init; } = [];

    /// <summary>The parts of it that have no pin.</summary>
    internal IEnumerable<ToolchainPart> UnpinnedToolchain => Toolchain.Where(part => !Lock.Toolchain.ContainsKey(part.Name));

    /// <summary>What the project says.</summary>
    internal required PrebuildRequest Request { get; init; }

    /// <summary>Reads everything. Asks only for Features that have no pin or have never been on this machine.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cache">What earlier builds have read of files that have not changed.</param>
    /// <param name="registries">Connects.</param>
    /// <param name="reporter">Receives warnings of the configuration.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="isForgotten">Features whose pins are not believed, by id; null for none.</param>
    /// <exception cref="DevcontainerException">An input is missing or wrong.</exception>
    internal static Task<PrebuildInputs> ReadAsync(
        PrebuildRequest request,
        InputCache cache,
        RegistryAccess registries,
        IBuildReporter reporter,
        CancellationToken cancellationToken,
        Func<string, bool>? isForgotten = null)
    {
        var store = new FeatureStore(FeatureStore.FolderOf(request.Environment), new VendoredFeatures(request.ConfigFile), registries, cache);
        return ReadAsync(request, cache, new RemoteFeatureSource(store, new FeaturePins(request.ConfigFile, isForgotten, request.LockedMode)), reporter, cancellationToken);
    }

    /// <summary>Reads everything, with another source of Features that are not in the repository.</summary>
    internal static async Task<PrebuildInputs> ReadAsync(
        PrebuildRequest request, InputCache cache, IRemoteFeatures remote, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        string workspace = request.WorkspaceFolder ?? PrebuildRequest.WorkspaceOf(request.ConfigFile);
        var substitution = new SubstitutionContext
        {
            LocalEnv = name => request.Environment.TryGetValue(name, out string? value) ? value : null,
            AllowedEnvironment = request.AllowedEnvironment,
        };
        DevcontainerConfiguration configuration = DevcontainerConfiguration.Load(request.ConfigFile, workspace, substitution);
        foreach (Diagnostic warning in configuration.Warnings)
        {
            reporter.Warning(warning);
        }

        (IReadOnlyList<FeatureInput> features, FeatureLock? featureLock) =
            await FeatureInput.ReadAsync(configuration, remote, cache, request.ReferenceCompatible, reporter, cancellationToken).ConfigureAwait(false);
        if (request.ReferenceCompatible && features.Count > 0 && request.Secrets.Count > 0)
        {
            throw new DevcontainerException(
                Codes.PropertyInvalid, "DevcontainerReferenceCompatible", "true", "the reference CLI's layers give Features no secrets, and there are DevcontainerSecret items");
        }

        List<KeyValuePair<string, string>> arguments = Merge(configuration.Build?.Args ?? [], request.BuildArguments);
        DockerfileDocument? dockerfile = null;
        ResolvedDockerfile[] resolved = [];
        FileTree? context = null;
        if (configuration.Build is { } build)
        {
            RequirePlatforms(build.Options, request.Platforms);
            dockerfile = DockerfileDocument.Load(build.Dockerfile);
            DockerfileFrontend.Require(dockerfile, new Dictionary<string, string>(arguments, StringComparer.Ordinal), request.AllowedFrontends);
            resolved = [.. request.Platforms.Select(platform => Resolve(dockerfile, build.Target, arguments, platform, null))];
            context = ReadContext(configuration, resolved, cache, reporter, cancellationToken);
        }

        RestoreFiles? restore = request.Restore.Count == 0 ? null : RestoreFiles.Find(request.Restore, configuration.WorkspaceFolder);
        return new PrebuildInputs
        {
            Configuration = configuration,
            Dockerfile = dockerfile,
            Context = context,
            Sources = [.. resolved.SelectMany(static dockerfile => dockerfile.Sources)],
            BuildArguments = arguments,
            Labels =
            [
                .. configuration.Build?.Options.Labels.Where(label => request.Labels.All(own => own.Key != label.Key)) ?? [],
                .. request.Labels,
            ],
            Features = features,
            FeatureLock = featureLock,
            BaseImages = FindBaseImages(configuration, resolved),
            Lock = LockFile.Read(configuration.File),
            Declared = DeclaredInputDigest.Read(restore is null ? request.Inputs : Merge(request.Inputs, restore.Inputs), cache, configuration.WorkspaceFolder, request.Toolchain is not null),
            Toolchain = ToolchainPart.Of(request),
            RestoreFiles = restore,
            Request = request,
        };
    }

    /// <summary>What the image's label will say besides what its base says: the Features' entries and the configuration's.</summary>
    internal string MetadataText => ImageMetadata.Empty.With([.. Features.Select(static feature => feature.Feature)], Configuration).ToLabel() ?? string.Empty;

    /// <summary>The digest that an image is used by: its own, or its pin; null where it has neither yet.</summary>
    internal Digest? PinOf(ImageReference reference) =>
        reference.Digest ?? (Lock.Images.TryGetValue(reference.ToString(), out PinnedImage? pin) ? pin.Digest : null);

    /// <summary>The Dockerfile's stages and images for one platform; null where there is none.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="baseImages">What base images say, where that is known.</param>
    internal ResolvedDockerfile? Resolve(Platform platform, Func<ExternalImage, BaseImage?>? baseImages = null) =>
        Dockerfile is null ? null : Resolve(Dockerfile, Configuration.Build!.Target, BuildArguments, platform, baseImages);

    // The project says the platforms, for outputs, keys and jobs alike; the configuration may say the same.
    private static void RequirePlatforms(BuildOptions options, IReadOnlyList<Platform> platforms)
    {
        Platform?[] said = [.. options.Platforms.Select(static text => Platform.TryParse(text, out Platform? platform) ? platform : null)];
        if (said.Length > 0 && !platforms.ToHashSet().SetEquals(said.OfType<Platform>().ToHashSet()) || said.Contains(null))
        {
            throw new DevcontainerException(
                Codes.BuildOptionsNotSupported,
                options.PlatformsLocation,
                "'--platform' in 'build.options'",
                $"the platforms are said by the project, and there they are {string.Join(", ", platforms)}; set DevcontainerPlatforms, and leave this out");
        }
    }

    /// <summary>The part of the context that the build reads, on any of the platforms; all of it where that cannot be told before the build.</summary>
    private static FileTree ReadContext(
        DevcontainerConfiguration configuration, ResolvedDockerfile[] resolved, InputCache cache, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        DockerfileBuild build = configuration.Build!;
        var sources = new List<ContextSource>();
        foreach (ResolvedDockerfile dockerfile in resolved)
        {
            sources.AddRange(dockerfile.Sources);
        }

        IgnoreFile ignore = IgnoreFile.Load(build.Context, build.Dockerfile);
        ContextSelection selection = ContextSelection.Select(build.Context, ignore, GitIndex.Find(build.Context), sources, cancellationToken);
        if (selection.Reason is { } reason)
        {
            reporter.Detail($"The whole build context is used: {reason}");
        }

        // Lock files are written by the first build: were they part of the context, the second one would miss. The key has their pins anyway.
        string[] lockFiles = [Relative(LockFile.PathFor(configuration.File)), Relative(FeatureLockfile.PathFor(configuration.File))];
        IReadOnlyList<ContextEntry> entries = selection.Entries;
        if (entries.Any(IsLockFile))
        {
            entries = [.. entries.Where(entry => !IsLockFile(entry))];
        }

        return FileTree.Read(build.Context, entries, cache, cancellationToken);

        string Relative(string path) => Path.GetRelativePath(build.Context, path).Replace(Path.DirectorySeparatorChar, '/');

        bool IsLockFile(ContextEntry entry) => Array.Exists(lockFiles, file => entry.Path == file || AtomicFile.IsUnfinished(entry.Path, file));
    }

    private static List<BaseImageInput> FindBaseImages(DevcontainerConfiguration configuration, ResolvedDockerfile[] resolved)
    {
        var images = new List<BaseImageInput>();
        if (configuration.Build is null)
        {
            Add(images, configuration.Image!, configuration.ImageLocation);
            return images;
        }

        foreach (ResolvedDockerfile dockerfile in resolved)
        {
            foreach (ExternalImage image in dockerfile.ExternalImages)
            {
                Add(images, image.Reference, image.Location);
            }
        }

        return images;
    }

    private static void Add(List<BaseImageInput> images, string text, SourceLocation? location)
    {
        ImageReference reference;
        try
        {
            reference = ImageReference.Parse(text);
        }
        catch (DevcontainerException e) when (location is not null)
        {
            throw new DevcontainerException(e.Diagnostic with { Location = location }, e);
        }

        foreach (BaseImageInput known in images)
        {
            if (known.Name == text)
            {
                return;
            }
        }

        images.Add(new BaseImageInput(reference, text, location));
    }

    private static ResolvedDockerfile Resolve(
        DockerfileDocument document,
        string? target,
        IReadOnlyList<KeyValuePair<string, string>> arguments,
        Platform platform,
        Func<ExternalImage, BaseImage?>? baseImages) =>
        ResolvedDockerfile.Resolve(document, new DockerfileInputs
        {
            Platform = platform.ToString(),
            Target = target,
            BuildArguments = new Dictionary<string, string>(arguments, StringComparer.Ordinal),
            BaseImages = baseImages,
        });

    // What the project declares itself it declares as it wants it.
    private static List<DeclaredInput> Merge(IReadOnlyList<DeclaredInput> declared, IReadOnlyList<DeclaredInput> found)
    {
        var paths = declared.Where(static input => input.Tier == "packages").Select(static input => input.Path).ToHashSet(StringComparer.Ordinal);
        return [.. declared, .. found.Where(input => !paths.Contains(input.Path))];
    }

    private static List<KeyValuePair<string, string>> Merge(
        IReadOnlyList<KeyValuePair<string, string>> first, IReadOnlyList<KeyValuePair<string, string>> second)
    {
        var merged = new List<KeyValuePair<string, string>>(first);
        foreach (KeyValuePair<string, string> argument in second)
        {
            merged.RemoveAll(known => known.Key == argument.Key);
            merged.Add(argument);
        }

        merged.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return merged;
    }
}

/// <summary>An image that the build fetches.</summary>
/// <param name="Reference">Its reference.</param>
/// <param name="Name">How the configuration or the Dockerfile names it.</param>
/// <param name="Location">Where it is named.</param>
internal sealed record BaseImageInput(ImageReference Reference, string Name, SourceLocation? Location);

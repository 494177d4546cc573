using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Plan;

/// <summary>Makes the plan: asks what the base images say, and from that and the inputs works out users, label and Dockerfile.</summary>
internal static class PrebuildPlanner
{
    /// <summary>Plans every platform of the request.</summary>
    /// <param name="inputs">The inputs, every base image pinned.</param>
    /// <param name="keys">Their keys.</param>
    /// <param name="catalog">Where base images are asked about.</param>
    /// <param name="reporter">Receives warnings.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task<PrebuildPlan> PlanAsync(
        PrebuildInputs inputs, IReadOnlyList<CacheKey> keys, IBaseImageCatalog catalog, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        PlatformPlan[] platforms = await Task.WhenAll(
            inputs.Request.Platforms.Select(platform => PlanAsync(inputs, platform, catalog, reporter, cancellationToken))).ConfigureAwait(false);
        return new PrebuildPlan { Inputs = inputs, Keys = keys, Platforms = platforms };
    }

    /// <summary>The name of a Feature's context in the build.</summary>
    internal static string ContextName(FeatureInput feature) => "devcontainer-feature-" + feature.Files.FolderName.Replace('_', '-').ToLowerInvariant();

    private static async Task<PlatformPlan> PlanAsync(
        PrebuildInputs inputs, Platform platform, IBaseImageCatalog catalog, IBuildReporter reporter, CancellationToken cancellationToken)
    {
        var bases = new List<ReceiptBase>();
        var configurations = new Dictionary<string, ImageConfig>(StringComparer.Ordinal);
        foreach (BaseImageInput image in inputs.BaseImages)
        {
            Digest manifest = await ManifestAsync(inputs, image, platform, catalog, cancellationToken).ConfigureAwait(false);
            bases.Add(new ReceiptBase(image.Reference.ToString(), platform.ToString(), manifest.Value, IsAncestor: false));
            configurations[image.Name] = await catalog.ConfigAsync(image, manifest, cancellationToken).ConfigureAwait(false);
        }

        (ImageConfig? root, string? user, string name) = Target(inputs, platform, configurations);
        var warnings = new List<Diagnostic>();
        ImageMetadata metadata = ImageMetadata
            .Parse(root?.Config.Labels.GetValueOrDefault(ImageMetadata.Label), name, warnings)
            .With([.. inputs.Features.Select(static feature => feature.Feature)], inputs.Configuration);
        foreach (Diagnostic warning in warnings)
        {
            reporter.Warning(warning);
        }

        ContainerUsers users = ContainerUsers.Resolve(inputs.Configuration, metadata, user);
        PrebuildDockerfile dockerfile = Generate(inputs, users);
        return new PlatformPlan
        {
            Platform = platform,
            Dockerfile = dockerfile.Text,
            Stage = dockerfile.Target,
            BuildArguments = dockerfile.BuildArguments,
            Users = users,
            MetadataLabel = metadata.ToLabel(),
            MergedConfiguration = metadata.Merge(inputs.Configuration),
            BuiltinEnvironment = FeatureInstallFiles.BuiltinEnvironment(users, inputs.Request.ReferenceCompatible),
            Bases = [.. bases.Select((image, i) => image with { IsAncestor = inputs.BaseImages[i].Name == name })],
        };
    }

    private static PrebuildDockerfile Generate(PrebuildInputs inputs, ContainerUsers users) => PrebuildDockerfile.Generate(new PrebuildDockerfileRequest
    {
        BaseImage = inputs.Configuration.Image,
        Dockerfile = inputs.Dockerfile,
        Target = inputs.Configuration.Build?.Target,
        Features =
        [
            .. inputs.Features.Select(static feature => new FeatureStep(ContextName(feature), feature.Files.FolderName, feature.Feature.Metadata.ContainerEnv)),
        ],
        CacheMounts = [.. inputs.Request.CacheMounts.Select(static mount => new CacheMount(mount.Target, mount.Id, mount.Sharing))],
        Secrets = [.. inputs.Request.Secrets.Select(static secret => new SecretMount(secret.Id))],
        ImageUser = users.Image,
        ReferenceUsers = inputs.Request.ReferenceCompatible ? users : null,
        IsService = inputs.Configuration.ComposeFiles.Count > 0,

        // As in the reference CLI: part of the image where Features may depend on it, else only of the containers made of it.
        ContainerEnvironment = inputs.Features.Count > 0 ? inputs.Configuration.ContainerEnv : [],
    });

    /// <summary>The image that the build's target stands on, in the end, and the user that the target has.</summary>
    private static (ImageConfig? Root, string? User, string Name) Target(
        PrebuildInputs inputs, Platform platform, Dictionary<string, ImageConfig> configurations)
    {
        ResolvedDockerfile? resolved = inputs.Resolve(
            platform, image => configurations.TryGetValue(image.Reference, out ImageConfig? known) ? BaseImageOf(known) : null);
        if (resolved is null)
        {
            string image = inputs.Configuration.Image!;
            return (configurations[image], configurations[image].Config.User, image);
        }

        ResolvedStage stage = resolved.Target;
        while (stage.BaseStage is not null)
        {
            stage = stage.BaseStage;
        }

        return stage.BaseImage is { } from
            ? (configurations[from.Reference], resolved.Target.User, from.Reference)
            : (null, resolved.Target.User, stage.BaseName);
    }

    private static BaseImage BaseImageOf(ImageConfig config)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string variable in config.Config.Env)
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            environment[equals < 0 ? variable : variable[..equals]] = equals < 0 ? string.Empty : variable[(equals + 1)..];
        }

        return new BaseImage(environment, config.Config.User, []);
    }

    private static async Task<Digest> ManifestAsync(
        PrebuildInputs inputs, BaseImageInput image, Platform platform, IBaseImageCatalog catalog, CancellationToken cancellationToken)
    {
        if (image.Reference.Digest is null
            && inputs.Lock.Images.TryGetValue(image.Reference.ToString(), out PinnedImage? pin)
            && pin.Platforms.TryGetValue(platform.ToString(), out string? known))
        {
            return Digest.Parse(known);
        }

        // Pinned before this platform was asked for, or by the configuration itself: the pinned index knows.
        BaseImageInput pinned = image with { Reference = image.Reference.WithDigest(inputs.PinOf(image.Reference)!.Value) };
        return Digest.Parse((await catalog.PinAsync(pinned, [platform], cancellationToken).ConfigureAwait(false)).Platforms[platform.ToString()]);
    }
}

using System.Globalization;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Toolchain;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Keys;

/// <summary>
/// Makes the keys from the inputs: per platform <c>environment</c>, where there is one <c>toolchain</c>, <c>packages</c> and <c>image</c>, and one for the index. The generated Dockerfile is
/// not hashed: it is a function of what is, and of the base images' configurations, which their digests stand for. docs/keys.md is the format.
/// </summary>
internal static class KeyComposer
{
    /// <summary>Changes whenever the same inputs come to another image: what is generated, or how it is built.</summary>
    internal const string Format = "devcontainer-prebuild/2";

    /// <summary>The keys of all platforms, sorted by platform, and the index's last.</summary>
    /// <param name="inputs">The inputs, every base image pinned.</param>
    internal static IReadOnlyList<CacheKey> Compose(PrebuildInputs inputs)
    {
        string packages = Packages(inputs);
        var keys = new List<CacheKey>();
        using var index = new KeyHasher(Format + "/index");
        string[] platforms = [.. inputs.Request.Platforms.Select(static platform => platform.ToString())];
        Array.Sort(platforms, StringComparer.Ordinal);
        index.Count(platforms.Length);
        foreach (string name in platforms)
        {
            string environment = Environment(inputs, name);
            using var image = new KeyHasher(Format + "/image");
            image.Field(name).Field(environment).Field(packages);
            keys.Add(new CacheKey(KeyTier.Environment, name, environment));
            if (inputs.Toolchain.Count > 0)
            {
                string toolchain = Toolchain(inputs, name);
                image.Field(toolchain);
                keys.Add(new CacheKey(KeyTier.Toolchain, name, toolchain));
            }

            string key = image.ToKey();
            keys.Add(new CacheKey(KeyTier.Packages, name, packages));
            keys.Add(new CacheKey(KeyTier.Image, name, key));
            index.Field(name).Field(key);
        }

        keys.Add(new CacheKey(KeyTier.Index, null, index.ToKey()));
        return keys;
    }

    // Which C library the image has is not known before it is built, so archives for either are in the key.
    private static string Toolchain(PrebuildInputs inputs, string platform)
    {
        using var key = new KeyHasher(Format + "/toolchain");
        key.Field(platform).Field(inputs.Request.Toolchain!.Libc).Field(inputs.Request.GenerateSbom ? null : "no SBOM");
        key.Count(inputs.Toolchain.Count);
        foreach (ToolchainPart part in inputs.Toolchain)
        {
            PinnedToolchain? pin = inputs.Lock.Toolchain.GetValueOrDefault(part.Name);
            key.Field(part.Product.Id).Field(pin?.Version);
            foreach (bool isMusl in (ReadOnlySpan<bool>)[false, true])
            {
                key.Field(pin?.Sha512.GetValueOrDefault(ToolchainTier.RidOf(Platform.Parse(platform), isMusl)));
            }
        }

        AddDeclared(key, inputs, ToolchainPart.Tier);
        return key.ToKey();
    }

    private static string Packages(PrebuildInputs inputs)
    {
        using var key = new KeyHasher(Format + "/packages");
        string[] restored = [.. RestoredProjects(inputs)];
        key.Count(restored.Length);
        foreach (string project in restored)
        {
            key.Field(project);
        }

        AddDeclared(key, inputs, "packages");
        return key.ToKey();
    }

    /// <summary>The projects whose packages go into the image, relative to the workspace, sorted.</summary>
    internal static IEnumerable<string> RestoredProjects(PrebuildInputs inputs) => inputs.Request.Restore
        .Select(project => Path.GetRelativePath(inputs.Configuration.WorkspaceFolder, project).Replace(Path.DirectorySeparatorChar, '/'))
        .Order(StringComparer.Ordinal);

    private static string Environment(PrebuildInputs inputs, string platform)
    {
        PrebuildRequest request = inputs.Request;
        DevcontainerConfiguration configuration = inputs.Configuration;
        using var key = new KeyHasher(Format + "/environment");
        key.Field(platform).Field(inputs.Lock.Epoch.ToString(CultureInfo.InvariantCulture));

        key.Count(inputs.BaseImages.Count);
        foreach (BaseImageInput image in inputs.BaseImages)
        {
            key.Field(image.Reference.ToString()).Field(inputs.PinOf(image.Reference)?.Value);
        }

        key.Field(inputs.Dockerfile?.Text).Field(configuration.Build?.Target);
        AddPairs(key, inputs.BuildArguments);
        key.Count(inputs.Context is null ? 0 : 1);
        inputs.Context?.AddTo(key);

        key.Count(inputs.Features.Count);
        foreach (FeatureInput feature in inputs.Features)
        {
            key.Field(feature.Feature.Id).Field(feature.Files.FolderName).Field(feature.Files.Environment).Field(feature.Files.Script);
            feature.Content.AddTo(key);
        }

        // What the image's label says of the configuration, as it will be written there.
        key.Field(inputs.MetadataText);
        key.Field(configuration.ContainerUser).Field(configuration.RemoteUser);
        AddPairs(key, configuration.ContainerEnv);
        AddPairs(key, inputs.Labels);

        key.Count(request.CacheMounts.Count);
        foreach (CacheMountRequest mount in request.CacheMounts)
        {
            key.Field(mount.Target).Field(mount.Id);
        }

        key.Count(request.Secrets.Count);
        foreach (BuildSecret secret in request.Secrets)
        {
            key.Field(secret.Id);
        }

        // An inline cache is written into the image's configuration.
        key.Field(request.CacheTo.Any(static cache => cache.Type == "inline") ? "inline cache" : null);
        AddDeclared(key, inputs, "environment");

        // Nothing where there are none, so that a key is what it was before there could be any.
        if (request.ReferenceCompatible)
        {
            key.Field("reference compatible");
        }

        if (configuration.ServiceUser is { } user && inputs.Features.Count > 0)
        {
            key.Field("service user").Field(user);
        }

        if (inputs.Options.Noticed.ToArray() is { Length: > 0 } options)
        {
            AddPairs(key, options);
        }

        return key.ToKey();
    }

    private static void AddDeclared(KeyHasher key, PrebuildInputs inputs, string tier)
    {
        key.Count(inputs.Declared.Count(input => input.Tier == tier));
        foreach (DeclaredInputDigest input in inputs.Declared)
        {
            if (input.Tier == tier)
            {
                key.Field(input.Path).Field(input.Projection).Field(input.Sha256);
            }
        }
    }

    private static void AddPairs(KeyHasher key, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        key.Count(pairs.Count);
        foreach ((string name, string value) in pairs)
        {
            key.Field(name).Field(value);
        }
    }
}

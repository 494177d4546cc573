using System.Globalization;
using System.Text;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Toolchain;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>
/// Every input with its digest, as receipts and plans list them: all that is in a key, so that whatever changes one has a name here
/// (<see cref="KeyComposer"/>; docs/explain.md).
/// </summary>
internal static class InputList
{
    /// <summary>The projection of an input that is no file: a number, a name, an option. Receipts of older versions have none of them.</summary>
    internal const string Setting = "setting";

    /// <summary>The projection of a base image's digest.</summary>
    internal const string ImageDigest = "digest";

    /// <summary>The projection of devcontainer.json.</summary>
    internal const string ImageMetadata = "image metadata";

    /// <summary>What comes before the reference of a base image; <c>&gt;</c> comes after it.</summary>
    internal const string ImagePrefix = "<image ";

    /// <summary>Inputs whose order counts, and what a list of them is called.</summary>
    internal static IReadOnlyList<(string One, string Order)> Ordered { get; } =
    [
        ("Feature", "<order of Features>"), ("label", "<order of labels>"), ("cache mount", "<order of cache mounts>"), ("secret", "<order of secrets>"),
    ];

    // Longer ones are told by their digest.
    private const int LongestValue = 256;

    /// <summary>The list: what the build is given, then what is declared, then what is no file.</summary>
    internal static IReadOnlyList<ReceiptInput> Of(PrebuildInputs inputs)
    {
        var list = new List<ReceiptInput>();
        string workspace = inputs.Configuration.WorkspaceFolder;
        list.Add(new ReceiptInput(Relative(workspace, inputs.Configuration.File), "environment", ImageMetadata, Sha256(inputs.MetadataText)));
        if (inputs.Dockerfile is { } dockerfile)
        {
            list.Add(new ReceiptInput(Relative(workspace, inputs.Configuration.Build!.Dockerfile), "environment", "raw", Sha256(dockerfile.Text)));
        }

        foreach (BaseImageInput image in inputs.BaseImages)
        {
            list.Add(new ReceiptInput($"{ImagePrefix}{image.Reference}>", "environment", ImageDigest, inputs.PinOf(image.Reference)?.Hex ?? string.Empty));
        }

        if (inputs.Context is { } context)
        {
            list.AddRange(context.Files().Select(file => Listed(workspace, context, file)));
        }

        foreach (FeatureInput feature in inputs.Features.Where(static feature => feature.Feature.Source == "local"))
        {
            // The build is given every file of a Feature as one that can be executed.
            list.AddRange(feature.Content.Files().Select(file => Listed(workspace, feature.Content, file.Kind == "executable" ? file with { Kind = null } : file)));
        }

        foreach (DeclaredInputDigest declared in inputs.Declared)
        {
            list.Add(new ReceiptInput(
                declared.Path, declared.Tier, declared.Projection, declared.Sha256, declared.RawSha256, Value: DeclaredInputValue.Of(declared, workspace)));
        }

        AddSettings(list, inputs);
        return list;
    }

    // Values of build arguments and variables of the environment are never in it: there are people who give secrets that way.
    private static void AddSettings(List<ReceiptInput> list, PrebuildInputs inputs)
    {
        PrebuildRequest request = inputs.Request;
        DevcontainerConfiguration configuration = inputs.Configuration;
        list.Add(Shown("key format", KeyComposer.Format));
        list.Add(Shown("epoch", inputs.Lock.Epoch.ToString(CultureInfo.InvariantCulture)));
        AddShown(list, "build target", configuration.Build?.Target);
        AddShown(list, "build context", inputs.Context is { } context ? Relative(configuration.WorkspaceFolder, context.Root) : null);
        AddShown(list, "containerUser", configuration.ContainerUser);
        AddShown(list, "remoteUser", configuration.RemoteUser);
        list.AddRange(inputs.BuildArguments.Select(static argument => Hidden($"build argument {argument.Key}", argument.Value)));
        list.AddRange(configuration.ContainerEnv.Select(static variable => Hidden($"containerEnv {variable.Key}", variable.Value)));
        list.AddRange(inputs.Options.Noticed.GroupBy(static option => option.Key)
            .Select(static option => Shown($"build option {option.Key}", string.Join(' ', option.Select(static one => one.Value)))));
        list.AddRange(inputs.Labels.Select(static label => Shown($"label {label.Key}", label.Value)));
        if (request.ReferenceCompatible)
        {
            list.Add(Shown("reference compatible", "true"));
        }

        list.AddRange(request.CacheMounts.Select(static mount => Shown($"cache mount {mount.Target}", mount.Id)));
        list.AddRange(request.Secrets.Select(static secret => Hidden($"secret {secret.Id}")));
        if (request.CacheTo.Any(static cache => cache.Type == "inline"))
        {
            list.Add(Hidden("inline cache"));
        }

        list.AddRange(KeyComposer.RestoredProjects(inputs).Select(static project => Hidden($"restored project {project}") with { Tier = "packages" }));
        AddToolchain(list, inputs);
        AddFeatures(list, inputs.Features);
        AddOrder(list, "label", inputs.Labels.Select(static label => label.Key));
        AddOrder(list, "cache mount", request.CacheMounts.Select(static mount => mount.Target));
        AddOrder(list, "secret", request.Secrets.Select(static secret => secret.Id));
        AddOrder(list, "Feature", inputs.Features.Select(static feature => feature.Feature.Id));
    }

    private static void AddToolchain(List<ReceiptInput> list, PrebuildInputs inputs)
    {
        if (inputs.Request.Toolchain is not { } toolchain)
        {
            return;
        }

        foreach (ToolchainPart part in inputs.Toolchain)
        {
            PinnedToolchain? pin = inputs.Lock.Toolchain.GetValueOrDefault(part.Name);
            string[] fields = [pin?.Version ?? string.Empty, .. pin?.Sha512.OrderBy(static one => one.Key, StringComparer.Ordinal).Select(static one => $"{one.Key} {one.Value}") ?? []];
            string name = part.Product == DotNetProduct.Sdk ? part.Product.Id : part.Name;
            list.Add(Hidden(name, fields) with { Tier = ToolchainPart.Tier, Value = pin?.Version ?? "not pinned yet" });
        }

        list.Add(Shown("C library of .NET", toolchain.Libc ?? "the image's") with { Tier = ToolchainPart.Tier });
        list.Add(Shown("what the image has of .NET", inputs.Request.GenerateSbom ? "by its SBOM" : "by its variables") with { Tier = ToolchainPart.Tier });
    }

    // One Feature may be there several times, with other options: then its place among those counts too. Its script is made of its own files and these.
    private static void AddFeatures(List<ReceiptInput> list, IReadOnlyList<FeatureInput> features)
    {
        var times = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (FeatureInput feature in features)
        {
            string id = feature.Feature.Id;
            int before = times.GetValueOrDefault(id);
            times[id] = before + 1;
            list.Add(Shown($"Feature {id}", feature.Feature.Version ?? string.Empty));
            if (feature.Feature.Source != "local")
            {
                // Where its files are on this machine is nobody's business, and they change all at once.
                list.Add(Hidden($"content of Feature {id}", FeatureInput.DigestOf(feature.Content)) with { Value = feature.Digest });
            }

            list.Add(Hidden($"options of Feature {id}", before.ToString(CultureInfo.InvariantCulture), feature.Files.Environment));
        }
    }

    private static void AddOrder(List<ReceiptInput> list, string one, IEnumerable<string> names)
    {
        string[] order = [.. names];
        if (order.Length > 1)
        {
            string text = string.Join(", ", order);
            list.Add(Hidden(Ordered.Single(ordered => ordered.One == one).Order[1..^1], order) with { Value = text.Length <= LongestValue ? text : null });
        }
    }

    private static void AddShown(List<ReceiptInput> list, string name, string? value)
    {
        if (value is not null)
        {
            list.Add(Shown(name, value));
        }
    }

    private static ReceiptInput Shown(string name, string value) => Hidden(name, value) with { Value = value.Length <= LongestValue ? value : null };

    private static ReceiptInput Hidden(string name, params string[] fields)
    {
        using var hash = new KeyHasher("devcontainer-prebuild-setting/1");
        hash.Field(name).Count(fields.Length);
        foreach (string field in fields)
        {
            hash.Field(field);
        }

        return new ReceiptInput($"<{name}>", "environment", Setting, hash.ToKey());
    }

    private static ReceiptInput Listed(string workspace, FileTree tree, TreeFile file)
    {
        string prefix = Relative(workspace, tree.Root);
        return new ReceiptInput(
            prefix == "." ? file.Path : $"{prefix}/{file.Path}",
            "environment",
            "raw",
            file.Sha256,
            Kind: file.Kind,
            Value: file.Target is { Length: <= LongestValue } ? file.Target : null);
    }

    private static string Relative(string workspace, string path) => Path.GetRelativePath(workspace, path).Replace('\\', '/');

    private static string Sha256(string text) => Digest.Sha256(Encoding.UTF8.GetBytes(text)).Hex;
}

using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>The SDK that global.json asks for, and runtimes besides its own, as layers: another version needs no engine.</summary>
internal sealed class ToolchainTier(PrebuildInputs inputs, IBuildReporter reporter) : IAppendedTier
{
    private readonly ToolchainRequest _request = inputs.Request.Toolchain!;

    /// <inheritdoc />
    public async Task<IReadOnlyDictionary<Platform, AppendedContent>> MakeAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        using var feed = new DotNetFeed(_request.Feed, inputs.Request.Registries.Offline);
        var archives = new ArchiveStore(UserCache.FolderOf(inputs.Request.Environment, "dotnet"), feed);
        var contents = new Dictionary<Platform, AppendedContent>();
        foreach (EnvironmentImage image in await request.Images.ConfigureAwait(false))
        {
            var facts = EnvironmentFacts.Of(image, request.Layout);
            if (inputs.Toolchain is [{ Product: var only } sdk] && only == DotNetProduct.Sdk && facts.Sdk(sdk.Selection) is { } present)
            {
                reporter.Status($"The base image of {image.Platform} has the .NET SDK {present}, which will do: no other is put into the image.");
                continue;
            }

            contents[image.Platform] = await request.Jobs.RunAsync(
                "toolchain",
                image.Platform.ToString(),
                JobLimits.None,
                token => MakeAsync(image, facts, archives, request, token),
                cancellationToken).ConfigureAwait(false);
        }

        return contents;
    }

    private async Task<AppendedContent> MakeAsync(
        EnvironmentImage image, EnvironmentFacts facts, ArchiveStore archives, AppendRequest request, CancellationToken cancellationToken)
    {
        string rid = RidOf(image.Platform, (_request.Libc ?? facts.Libc) == "musl");
        var layers = new List<AppendedLayer>();
        var packages = new List<ImagePackage>();
        foreach (ToolchainPart part in inputs.Toolchain)
        {
            PinnedToolchain pin = inputs.Lock.Toolchain[part.Name];
            string sha512 = pin.Sha512.GetValueOrDefault(rid)
                ?? throw new DevcontainerException(Codes.ToolchainPlatformMissing, $"{part.Product.Id} {pin.Version}", rid, string.Join(", ", pin.Sha512.Keys.Order(StringComparer.Ordinal)));
            var layer = new ToolchainLayer(part, pin.Version, rid, sha512);
            AppendedLayer? known = request.Known.Find(KeyTier.Toolchain, layer.Key, layer.Name);
            if (known is null || inputs.Request.GenerateSbom)
            {
                string archive = await archives.GetAsync(part, pin.Version, rid, sha512, cancellationToken).ConfigureAwait(false);
                string staging = Path.Combine(request.Staging, "toolchain", layer.Key);
                Directory.CreateDirectory(staging);
                ArchiveContent content = layer.Read(archive, known is null ? staging : null, cancellationToken);
                known ??= Make(layer, content, request.Layout, cancellationToken);
                Directory.Delete(staging, recursive: true);
                packages.AddRange(content.Packages);
            }

            layers.Add(known);
        }

        return new AppendedContent
        {
            Layers = layers,
            Variables = facts.HasPath
                ? [new AppendedVariable("DOTNET_ROOT", ToolchainLayer.Folder), new AppendedVariable("PATH", ToolchainLayer.Folder, VariableJoin.Before)]
                : [new AppendedVariable("DOTNET_ROOT", ToolchainLayer.Folder)],
            Packages = inputs.Request.GenerateSbom ? [.. packages.DistinctBy(static package => package.Purl)] : [],
        };
    }

    private AppendedLayer Make(ToolchainLayer layer, ArchiveContent content, OciLayout layout, CancellationToken cancellationToken)
    {
        (Descriptor blob, Digest diffId) = ToolchainLayer.Write(layout, content, cancellationToken);
        reporter.Status(string.Create(CultureInfo.InvariantCulture, $"{layer.Name}: a new layer ({blob.Size / 1e6:0.0} MB)."));
        return new AppendedLayer(KeyTier.Toolchain, layer.Key, blob, diffId, layer.Name);
    }

    /// <summary>The runtime identifier of a platform (learn.microsoft.com, ".NET RID catalog").</summary>
    /// <exception cref="DevcontainerException">DEVC3098: .NET is not published for it.</exception>
    internal static string RidOf(Platform platform, bool isMusl)
    {
        string architecture = platform.Architecture switch
        {
            "amd64" => "x64",
            "arm64" => "arm64",
            "arm" => "arm",
            _ => throw new DevcontainerException(Codes.ToolchainPlatformMissing, ".NET", platform, "linux/amd64, linux/arm64, linux/arm"),
        };
        return $"linux-{(isMusl ? "musl-" : string.Empty)}{architecture}";
    }
}

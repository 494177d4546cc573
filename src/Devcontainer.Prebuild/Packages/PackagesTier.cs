using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Appending;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Jobs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Packages;

/// <summary>The packages of the projects that a team builds in its container, so that a restore there finds all of them, without network.</summary>
internal sealed class PackagesTier(PrebuildInputs inputs, IProcessRunner processes, IBuildReporter reporter) : IAppendedTier
{
    // A restore that cannot ask a source about vulnerabilities warns (NU1900), and where warnings are errors, fails.
    private static readonly AppendedVariable[] Variables =
    [
        new("NUGET_FALLBACK_PACKAGES", PackageLayer.Folder, VariableJoin.After, ';'),
        new("WarningsNotAsErrors", "NU1900", VariableJoin.After, ';'),
    ];

    /// <inheritdoc />
    public async Task<IReadOnlyDictionary<Platform, AppendedContent>> MakeAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        RestoreFiles files = inputs.RestoreFiles!;
        IReadOnlyDictionary<string, string?> sdks = MSBuildSdks.WithVersions(files);
        var restore = new PackageRestore(processes, inputs.Request.Environment, inputs.Configuration.WorkspaceFolder);
        var visited = new VisitedPackages(restore, inputs.Request.Restore, sdks, Path.Combine(request.Staging, "visited"));
        var packages = new Dictionary<Platform, IReadOnlyList<NuGetPackage>>();
        var floating = new SortedSet<string>(StringComparer.Ordinal);
        var folders = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Platform platform in request.Platforms)
        {
            string folder = Path.Combine(request.Staging, "restore", platform.FileName);
            await request.Jobs.RunAsync(
                "restore",
                platform.ToString(),
                JobLimits.None,
                async token =>
                {
                    await restore.RunAsync(inputs.Request.Restore, platform, folder, places: null, token).ConfigureAwait(false);
                    var closure = PackageClosure.Read(folder, sdks);
                    floating.UnionWith(closure.Floating);
                    CheckFloating(floating);
                    packages[platform] = await visited.AddToAsync(closure.Packages, platform, token).ConfigureAwait(false);
                    folders.UnionWith(closure.Folders);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }

        if (floating.Count > 0)
        {
            reporter.Warning(Diagnostic.Create(Codes.VersionFloating, null, string.Join("; ", floating)));
        }

        var tools = new ToolPackages(restore, folders, Path.Combine(request.Staging, "tools"));
        IReadOnlyDictionary<Platform, IReadOnlyList<NuGetPackage>> toolsOf = await request.Jobs
            .RunAsync("tools", token => tools.FetchAsync([.. files.ToolManifests.Select(ToolManifest.Read)], request.Platforms, token), cancellationToken)
            .ConfigureAwait(false);
        Dictionary<Platform, IReadOnlyList<IPackagesLayer>> layers = request.Platforms.ToDictionary(
            static platform => platform,
            platform => (IReadOnlyList<IPackagesLayer>)[.. PackageLayer.Spread(packages[platform]), .. ToolLayer.Spread(toolsOf[platform])]);
        IReadOnlyDictionary<string, AppendedLayer> made = await request.Jobs
            .RunAsync("package layers", token => WriteAsync(request, layers.Values.SelectMany(static all => all), token), cancellationToken).ConfigureAwait(false);
        return layers.ToDictionary(static one => one.Key, one => new AppendedContent
        {
            Layers = [.. one.Value.Select(layer => made[layer.Key])],
            Variables = Variables,
            Packages = inputs.Request.GenerateSbom ? [.. Describe(packages[one.Key], PackageLayer.Folder), .. Describe(toolsOf[one.Key], ToolLayer.Folder)] : [],
        });
    }

    private static IEnumerable<ImagePackage> Describe(IReadOnlyList<NuGetPackage> packages, string folder) =>
        packages.Select(package => NuGetManifest.Describe(package, folder));

    // No key knows of a version that was published since: the same key would stand for other packages.
    private void CheckFloating(SortedSet<string> floating)
    {
        if (inputs.Request.LockedMode && floating.Count > 0)
        {
            throw new DevcontainerException(Codes.VersionFloating, string.Join("; ", floating));
        }
    }

    private async Task<IReadOnlyDictionary<string, AppendedLayer>> WriteAsync(
        AppendRequest request, IEnumerable<IPackagesLayer> layers, CancellationToken cancellationToken)
    {
        IPackagesLayer[] different = [.. layers.DistinctBy(static layer => layer.Key)];
        var made = new Dictionary<string, AppendedLayer>(StringComparer.Ordinal);
        foreach (IPackagesLayer layer in different)
        {
            if (request.Known.Find(KeyTier.Packages, layer.Key, layer.Name) is { } known)
            {
                made.Add(layer.Key, known);
            }
        }

        IPackagesLayer[] missing = [.. different.Where(layer => !made.ContainsKey(layer.Key))];
        long size = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = inputs.Request.MaxParallelJobs, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missing, options, (layer, token) =>
        {
            (Descriptor blob, Digest diffId) = layer.Write(request.Layout, token);
            lock (made)
            {
                made.Add(layer.Key, new AppendedLayer(KeyTier.Packages, layer.Key, blob, diffId, layer.Name));
                size += blob.Size;
            }

            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        reporter.Status(string.Create(
            CultureInfo.InvariantCulture, $"Packages: {missing.Length} of {different.Length} layers new ({size / 1e6:0.0} MB)."));
        return made;
    }
}

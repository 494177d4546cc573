using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Features;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Spec;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>A Feature as it will be installed: what it is, its files, and the files that go with them.</summary>
/// <param name="Feature">The Feature.</param>
/// <param name="Files">What the build adds: options and the script that installs it.</param>
/// <param name="Content">Its own files.</param>
/// <param name="Digest">Digest of what it is: the manifest's, or of its content where there is none.</param>
internal sealed record FeatureInput(ResolvedFeature Feature, FeatureInstallFiles Files, FileTree Content, string Digest)
{
    /// <summary>Finds the Features of a configuration, in install order, and hashes their files.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="remote">Finds Features that are not in the repository.</param>
    /// <param name="cache">What earlier builds have read.</param>
    /// <param name="referenceCompatible">Whether they are installed as the reference CLI does, to the byte.</param>
    /// <param name="reporter">Receives warnings.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The Features, and their lock file where one of them needs it.</returns>
    internal static async Task<(IReadOnlyList<FeatureInput> Features, FeatureLock? Lock)> ReadAsync(
        DevcontainerConfiguration configuration,
        IRemoteFeatures remote,
        InputCache cache,
        bool referenceCompatible,
        IBuildReporter reporter,
        CancellationToken cancellationToken)
    {
        if (configuration.Features.Count == 0)
        {
            return ([], null);
        }

        var source = new FeatureSources { Local = new LocalFeatureSource(configuration), Remote = remote };
        IReadOnlyList<ResolvedFeature> features = await FeatureInstallOrder.ResolveAsync(configuration, source, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<FeatureInstallFiles> files = FeatureInstallFiles.Create(features, referenceCompatible);
        var inputs = new FeatureInput[features.Count];
        for (int i = 0; i < inputs.Length; i++)
        {
            foreach (Diagnostic warning in features[i].Warnings)
            {
                reporter.Warning(warning);
            }

            string folder = features[i].Folder;
            FileTree content = remote.TreeOf(folder) ?? ReadTree(folder, cache, cancellationToken);
            inputs[i] = new FeatureInput(features[i], files[i], content, features[i].Digest ?? DigestOf(content));
        }

        return (inputs, remote.Compare(features));
    }

    /// <summary>The files of a Feature, hashed.</summary>
    internal static FileTree ReadTree(string folder, InputCache cache, CancellationToken cancellationToken) =>
        FileTree.Read(folder, Enumerate(folder, cancellationToken), cache, cancellationToken);

    // The build is given every file of a Feature as one that can be executed, so whether it can be here, where git or Windows may not say, does not count.
    private static ContextEntry[] Enumerate(string folder, CancellationToken cancellationToken) =>
    [
        .. BuildContext.Enumerate(folder, IgnoreFile.None, null, cancellationToken)
            .Select(static entry => entry with { IsExecutable = entry.Kind == ContextEntryKind.File }),
    ];

    /// <summary>The digest of a Feature's files, whatever their folder is.</summary>
    internal static string DigestOf(FileTree content)
    {
        using var key = new KeyHasher("devcontainer-feature-content/1");
        content.AddTo(key);
        return "sha256:" + key.ToKey();
    }
}

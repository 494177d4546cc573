using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Finds Features in folders beside the configuration (specification, "Locally referenced Features").</summary>
/// <param name="configuration">The configuration whose Features these are.</param>
public sealed class LocalFeatureSource(DevcontainerConfiguration configuration) : IFeatureSource
{
    /// <inheritdoc/>
    public ValueTask<ResolvedFeature> ResolveAsync(FeatureRequest request, FeatureReference reference, CancellationToken cancellationToken)
    {
        string id = JsonText.Escape(request.Id);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(reference.Id, Path.GetDirectoryName(configuration.File)!));
        string border = Path.Combine(configuration.WorkspaceFolder, ".devcontainer");
        string realBorder = RealPath.Of(border);
        if (!RealPath.IsWithin(folder, border))
        {
            throw Outside(folder);
        }

        RefuseLinkOut(folder);
        if (!Directory.Exists(folder))
        {
            throw new DevcontainerException(Codes.LocalFeatureNotFound, request.Location, id, JsonText.Escape(folder));
        }

        string file = Existing(FeatureMetadata.FileName, Codes.FeatureMetadataMissing);
        _ = Existing("install.sh", Codes.FeatureInstallScriptMissing);
        FeatureMetadata metadata = FeatureMetadata.Parse(JsonNode.Load(file), file, request.Id, Path.GetFileName(folder));
        string resolved = "./" + Path.GetRelativePath(configuration.WorkspaceFolder, folder).Replace(Path.DirectorySeparatorChar, '/');
        return ValueTask.FromResult(ResolvedFeature.Create(request, reference, metadata, folder, resolved));

        string Existing(string name, string missing)
        {
            string path = Path.Combine(folder, name);
            RefuseLinkOut(path);
            return RealPath.FileExists(path) ? path : throw new DevcontainerException(missing, request.Location, id, folder);
        }

        void RefuseLinkOut(string path)
        {
            if (!RealPath.IsWithin(RealPath.Of(path), realBorder))
            {
                throw Outside(path);
            }
        }

        DevcontainerException Outside(string path) =>
            new(Codes.LocalFeatureOutside, request.Location, id, JsonText.Escape(path), border);
    }
}

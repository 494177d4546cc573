using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>
/// Writes the digest of a published image into the devcontainer.json files of those who use it: <c>repository@sha256:…</c>, without a tag. Docker takes
/// one beside the digest and ignores it; the reference CLI does not find such a name in the registry, and pulls the whole image to read its metadata.
/// </summary>
public sealed class ImagePin(IBuildReporter reporter)
{
    /// <summary>Pins the image in every file, or in none where one of them cannot be.</summary>
    /// <returns>The files, whether they had to be changed or not.</returns>
    /// <exception cref="DevcontainerException">DEVC5070: it is not known which image; DEVC8005 and DEVC8006: a file does not use it; DEVC9001.</exception>
    public async Task<IReadOnlyList<PinnedFile>> RunAsync(PinRequest request, CancellationToken cancellationToken)
    {
        if (request.Files.Count == 0)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerPinFile", "", "it names the devcontainer.json files to pin the image in");
        }

        IReadOnlyList<ImageReference> images = request.To is null
            ? LastPublished(request.OutputPath)
            : [await ResolveAsync(request, request.To, cancellationToken).ConfigureAwait(false)];
        PinnedFile[] files = [.. request.Files.Distinct(StringComparer.Ordinal).Select(file => PinnedFile.Read(file, images, request.AnyImage))];
        foreach (PinnedFile file in files)
        {
            if (!file.IsChanged)
            {
                reporter.Status($"{file.Path} has {file.Image} already.");
            }
            else if (request.DryRun)
            {
                reporter.Status($"Dry run: {file.Path} would get {file.Image} instead of {file.Previous}.");
            }
            else
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Write();
                reporter.Status($"{file.Path} has {file.Image} instead of {file.Previous}.");
            }
        }

        return files;
    }

    private static IReadOnlyList<ImageReference> LastPublished(string outputPath)
    {
        string path = Path.Combine(outputPath, PublishedImage.FileName);
        PublishedImage published = PublishedImage.Read(path, Codes.PinImageUnknown)
            ?? throw new DevcontainerException(Codes.PinImageUnknown, path, "it is not there");
        var digest = Digest.Parse(published.Digest);
        return [.. published.All.Select(to => ImageReference.Parse(to.Repository).WithDigest(digest))];
    }

    private static async Task<ImageReference> ResolveAsync(PinRequest request, string to, CancellationToken cancellationToken)
    {
        ImageReference name = SharedRepository.NameOf(request.Registry, request.Repository)
            ?? throw new DevcontainerException(Codes.PushNeedsRegistry, request.Repository);
        ImageReference image = Digest.TryParse(to, out Digest digest) ? name.WithDigest(digest) : name.WithTag(to);
        using var registries = new RegistryAccess(request.Registries, new ProcessRunner());
        if (registries.IsOffline)
        {
            throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerOffline", "true", "DevcontainerPinTo is looked for in the registry");
        }

        Descriptor found = await registries.Client.ResolveAsync(image, cancellationToken).ConfigureAwait(false)
            ?? throw new DevcontainerException(Codes.PinImageUnknown, image, "the registry does not have it");
        return name.WithDigest(found.Digest);
    }
}

using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>
/// Puts together what was found and what was given. The image CONTAINS the packages; it is a DESCENDANT_OF the bases that it is built upon, and
/// a base that files were only copied from is a BUILD_DEPENDENCY_OF it. So is a Feature: its installer ran in the build, and what it installed
/// is listed for itself, while its own files are not in the image.
/// </summary>
internal static class SbomDocument
{
    /// <summary>The SBOM of an image whose layers were read.</summary>
    internal static Sbom Create(Descriptor manifest, SbomRequest request, IReadOnlyList<ImagePackage> packages) =>
        Create(manifest, request, packages.Select(static package => KeyValuePair.Create(IdOf(package), Package(package))));

    /// <summary>The SBOM of an image that was made by putting layers on another one: what that one has, and what they have.</summary>
    /// <param name="below">The other image's SBOM.</param>
    /// <param name="manifest">The image's manifest.</param>
    /// <param name="request">What cannot be read from the image.</param>
    /// <param name="packages">What the layers have that were put on it.</param>
    /// <exception cref="Diagnostics.DevcontainerException">DEVC6006: the other SBOM cannot be read.</exception>
    internal static Sbom Extend(ReadOnlyMemory<byte> below, Descriptor manifest, SbomRequest request, IReadOnlyList<ImagePackage> packages) => Create(
        manifest,
        request,
        SpdxReader.ReadPackages(below)
            .Where(static package => IsContent(package.Key))
            .Concat(packages.Select(static package => KeyValuePair.Create(IdOf(package), Package(package)))));

    private static Sbom Create(Descriptor manifest, SbomRequest request, IEnumerable<KeyValuePair<string, SpdxPackage>> content)
    {
        var elements = new Dictionary<string, SpdxPackage>(StringComparer.Ordinal);
        var relationships = new HashSet<SpdxRelationship>();
        string image = SpdxId.Of("Image", ShortName(request.ImageName), manifest.Digest.Value);
        elements.Add(image, Image(manifest, request));
        relationships.Add(new(SpdxId.Document, "DESCRIBES", image));

        int count = 0;
        foreach ((string id, SpdxPackage package) in content)
        {
            if (elements.TryGetValue(id, out SpdxPackage? known))
            {
                elements[id] = known.CompletedBy(package);
                continue;
            }

            elements.Add(id, package);
            count += package.Purpose == OperatingSystem ? 0 : 1;
            relationships.Add(new(image, "CONTAINS", id));
        }

        foreach (ReceiptFeature feature in request.Features)
        {
            SpdxPackage element = Feature(feature);
            string id = SpdxId.Of("Feature", ShortName(element.Name), element.Purl!);
            count += elements.TryAdd(id, element) ? 1 : 0;
            relationships.Add(new(id, "BUILD_DEPENDENCY_OF", image));
        }

        foreach (ReceiptBase given in request.Bases)
        {
            SpdxPackage element = Base(given, request.Platform);
            string id = SpdxId.Of("Base", ShortName(element.Name), element.Purl!);
            elements.TryAdd(id, element);
            relationships.Add(given.IsAncestor ? new(image, "DESCENDANT_OF", id) : new(id, "BUILD_DEPENDENCY_OF", image));
        }

        var document = new SpdxDocument
        {
            Name = $"{request.ImageName} {request.Platform}",
            Subject = manifest.Digest,
            Tool = $"{Prebuild.Tool.Name}-{Prebuild.Tool.Version}",
            Created = request.Created,
            Packages = elements,
            Relationships = [.. relationships],
        };
        return new Sbom(document.ToBytes(), count);
    }

    private const string OperatingSystem = "OPERATING_SYSTEM";

    private static string IdOf(ImagePackage package) =>
        SpdxId.Of(package.IsOperatingSystem ? "OperatingSystem" : "Package", package.Name, package.Purl ?? package.Name);

    // What the image contains, other than itself, its bases and Features.
    private static bool IsContent(string id) =>
        id.StartsWith("SPDXRef-OperatingSystem-", StringComparison.Ordinal) || id.StartsWith("SPDXRef-Package-", StringComparison.Ordinal);

    private static SpdxPackage Image(Descriptor manifest, SbomRequest request) => new()
    {
        Name = request.ImageName,
        Version = manifest.Digest.Value,
        Purpose = "CONTAINER",
        Sha256 = manifest.Digest,
        // A name without a registry is nowhere to be had.
        Purl = ImageUrl(request.ImageName, manifest.Digest, request.Platform, HasRegistry(request.ImageName) ? request.ImageName : null, null),
    };

    private static SpdxPackage Package(ImagePackage package) => new()
    {
        Name = package.Name,
        Version = package.Version,
        Supplier = package.Maintainer is null ? null : SpdxActor.Of(package.Maintainer),
        Homepage = WebAddress(package.Homepage),
        SourceInfo = package.SourceInfo,
        Summary = package.Summary,
        Purpose = package.IsOperatingSystem ? OperatingSystem : null,
        Purl = package.Purl,
        License = package.License,
    };

    /// <summary>A Feature as a package.</summary>
    internal static SpdxPackage Feature(ReceiptFeature feature)
    {
        Digest? digest = Digest.TryParse(feature.Digest, out Digest parsed) ? parsed : null;
        string? address = feature.Source == "tarball" ? WebAddress(feature.Resolved) : null;
        string name = address ?? WithoutVersion(feature.Id);
        string purl = feature.Source == "oci" && ImageReference.TryParse(feature.Resolved, out ImageReference? reference)
            ? ImageUrl(reference.Repository, digest ?? reference.Digest, null, reference.Name, feature.Version)
            : PackageUrl.Create(
                "generic",
                "devcontainer-feature",
                ShortName(name),
                feature.Version,
                ("checksum", digest?.Value),
                ("download_url", address));
        return new SpdxPackage
        {
            Name = name,
            Version = feature.Version.Length > 0 ? feature.Version : null,
            DownloadLocation = address,
            SourceInfo = $"dev container Feature ({feature.Source}), installed while the image was built",
            Purpose = "INSTALL",
            Sha256 = digest,
            Purl = purl,
        };
    }

    /// <summary>A base image as a package.</summary>
    internal static SpdxPackage Base(ReceiptBase given, Platform platform)
    {
        ImageReference? reference = ImageReference.TryParse(given.Reference, out ImageReference? parsed) ? parsed : null;
        Digest? digest = Digest.TryParse(given.Digest, out Digest known) ? known : null;
        return new SpdxPackage
        {
            Name = given.Reference,
            Version = given.Digest,
            Purpose = "CONTAINER",
            Sha256 = digest,
            Purl = ImageUrl(reference?.Repository ?? given.Reference, digest, platform, reference?.Name, reference?.Tag),
        };
    }

    // The name is the last part of the repository; the whole of it is in repository_url (purl-spec, types/oci-definition.json).
    private static string ImageUrl(string repository, Digest? digest, Platform? platform, string? url, string? tag) => PackageUrl.Create(
        "oci",
        null,
        ShortName(repository).ToLowerInvariant(),
        digest?.Value,
        ("arch", platform?.Architecture),
        ("repository_url", url),
        ("tag", tag));

    private static bool HasRegistry(string imageName)
    {
        int slash = imageName.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && (imageName.AsSpan(0, slash).IndexOfAny('.', ':') >= 0 || imageName.AsSpan(0, slash) is "localhost");
    }

    private static string ShortName(string name) => name[(name.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');

    // "ghcr.io/devcontainers/features/node:1": a colon behind the last slash begins a tag, and "@" a digest.
    private static string WithoutVersion(string id)
    {
        int name = id.LastIndexOf('/') + 1;
        int end = id.AsSpan(name).IndexOfAny(':', '@');
        return end < 0 ? id : id[..(name + end)];
    }

    // Credentials in an address are nobody's business.
    private static string? WebAddress(string? text) =>
        !Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp) ? null
        : uri.UserInfo.Length == 0 && uri.IsWellFormedOriginalString() ? text
        : uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped);
}

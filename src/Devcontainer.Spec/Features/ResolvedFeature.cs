using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>A Feature whose content is at hand, with the values of its options.</summary>
public sealed record ResolvedFeature
{
    /// <summary>What was asked for.</summary>
    public required FeatureRequest Request { get; init; }

    /// <summary>Where it comes from.</summary>
    public required FeatureReference Reference { get; init; }

    /// <summary>The id as written.</summary>
    public string Id => Request.Id;

    /// <summary><c>oci</c>, <c>tarball</c> or <c>local</c>.</summary>
    public string Source => Reference.Source;

    /// <summary>Exactly what was found: <c>registry/repository@digest</c>, the URL, or the path from the workspace with slashes.</summary>
    public required string Resolved { get; init; }

    /// <summary>The version in its metadata, or null.</summary>
    public string? Version => Metadata.Version;

    /// <summary>The manifest's digest, the tarball's, or null for a local Feature.</summary>
    public string? Digest { get; init; }

    /// <summary>Absolute path of the folder with its content.</summary>
    public required string Folder { get; init; }

    /// <summary>Its metadata.</summary>
    public required FeatureMetadata Metadata { get; init; }

    /// <summary>The values of its options after defaults: strings, booleans or numbers.</summary>
    public required JsonObject Options { get; init; }

    /// <summary>What is probably not as meant.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; init; } = [];

    /// <summary>Puts together what a source found: reads the options and warns of what is deprecated, renamed or unknown.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="reference">The id, read.</param>
    /// <param name="metadata">The Feature's metadata.</param>
    /// <param name="folder">Absolute path of its content.</param>
    /// <param name="resolved">Exactly what was found.</param>
    /// <param name="digest">Its digest, or null.</param>
    /// <exception cref="DevcontainerException">The options cannot be used.</exception>
    public static ResolvedFeature Create(
        FeatureRequest request, FeatureReference reference, FeatureMetadata metadata, string folder, string resolved, string? digest = null)
    {
        var warnings = new List<Diagnostic>();
        JsonObject options = FeatureOptions.Resolve(request, metadata, warnings);
        string id = JsonText.Escape(request.Id);
        if (metadata.Deprecated)
        {
            warnings.Add(Diagnostic.Create(
                Codes.FeatureDeprecated,
                request.Location,
                id,
                metadata.DocumentationUrl is { Length: > 0 } url ? $"See {JsonText.Escape(url)}." : "Replace it."));
        }

        if (metadata.CurrentId is { Length: > 0 } current && current != metadata.Id && metadata.LegacyIds.Count > 0)
        {
            warnings.Add(Diagnostic.Create(Codes.FeatureRenamed, request.Location, id, JsonText.Escape(current)));
        }

        return new ResolvedFeature
        {
            Request = request,
            Reference = reference,
            Metadata = metadata,
            Folder = folder,
            Resolved = resolved,
            Digest = digest,
            Options = options,
            Warnings = warnings,
        };
    }
}

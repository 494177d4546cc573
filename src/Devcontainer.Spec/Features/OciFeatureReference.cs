using System.Buffers;
using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>A Feature in a registry. All parts are in lower case, as the reference CLI makes them.</summary>
/// <param name="Id">The id as written.</param>
/// <param name="Registry">Host, with a port where one is given: <c>ghcr.io</c>.</param>
/// <param name="Namespace">What stands between registry and name: <c>devcontainers/features</c>.</param>
/// <param name="Name">The last part: <c>node</c>.</param>
/// <param name="Tag">The version asked for, <c>latest</c> where none is; null where there is a digest.</param>
/// <param name="Digest">The manifest's digest asked for, or null.</param>
public sealed record OciFeatureReference(string Id, string Registry, string Namespace, string Name, string? Tag, string? Digest) : RemoteFeatureReference(Id)
{
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    /// <inheritdoc/>
    public override string Source => "oci";

    /// <summary>Registry, namespace and name: the Feature without a version.</summary>
    public string Resource => $"{Registry}/{Namespace}/{Name}";

    /// <summary>The repository in the registry.</summary>
    public string Repository => $"{Namespace}/{Name}";

    /// <inheritdoc/>
    public override string Resolved(string digest) => $"{Resource}@{digest}";

    /// <summary>Reads an id by the reference CLI's rules (devcontainers/cli, src/spec-configuration/containerCollectionsOCI.ts, getRef).</summary>
    internal static OciFeatureReference Parse(string id, string current, SourceLocation? location)
    {
        string text = current.ToLowerInvariant();
        int at = text.LastIndexOf('@');
        int slash = text.LastIndexOf('/');
        int colon = text.LastIndexOf(':');
        string resource = text;
        string? tag = null;
        string? digest = null;
        if (at >= 0)
        {
            resource = text[..at];
            digest = text[(at + 1)..];
            if (!IsDigest(digest))
            {
                throw NotValid(id, location, "what follows '@' must be 'sha256:' and 64 hexadecimal digits");
            }
        }
        else if (colon > slash)
        {
            resource = text[..colon];
            tag = text[(colon + 1)..];
            if (!IsTag(tag))
            {
                throw NotValid(id, location, "the version is not a tag");
            }
        }
        else
        {
            tag = "latest";
        }

        string[] parts = resource.Split('/');
        if (parts.Length < 2 || !IsHost(parts[0]))
        {
            throw NotValid(id, location, "it names no registry");
        }

        if (!parts[0].Contains('.', StringComparison.Ordinal) && !parts[0].StartsWith("localhost", StringComparison.Ordinal))
        {
            // The reference takes 'owner/repository/feature' as a release on GitHub, which it calls deprecated.
            throw new DevcontainerException(Codes.FeatureSourceNotSupported, location, id, parts[^1]);
        }

        // This namespace moved, and the reference follows (devcontainers/cli, getRef).
        if (parts[1] == "devcontainers-contrib")
        {
            parts[1] = "devcontainers-extra";
        }

        foreach (string part in parts.AsSpan(1))
        {
            if (!IsPathPart(part))
            {
                throw NotValid(id, location, $"'{JsonText.Escape(part)}' cannot be part of a repository's name");
            }
        }

        if (parts.Length < 3)
        {
            throw NotValid(id, location, "it has no namespace between the registry and the Feature");
        }

        return new OciFeatureReference(id, parts[0], string.Join('/', parts[1..^1]), parts[^1], tag, digest);
    }

    private static bool IsDigest(string digest) =>
        digest.StartsWith("sha256:", StringComparison.Ordinal) && digest.Length == 71 && digest.AsSpan(7).IndexOfAnyExcept(LowerHex) < 0;

    /// <summary>A name or address, and perhaps a port.</summary>
    private static bool IsHost(ReadOnlySpan<char> host)
    {
        int colon = host.IndexOf(':');
        ReadOnlySpan<char> name = colon < 0 ? host : host[..colon];
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('.' or '-'))
            {
                return false;
            }
        }

        return name.Length > 0 && name[0] is not ('.' or '-') && (colon < 0 || ushort.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

    /// <summary>OCI distribution specification, "Pulling manifests": a tag.</summary>
    private static bool IsTag(ReadOnlySpan<char> tag)
    {
        foreach (char c in tag)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return tag.Length is > 0 and <= 128 && tag[0] is not ('.' or '-');
    }

    /// <summary>Letters and digits with single '.', '_' or '-' between them.</summary>
    private static bool IsPathPart(ReadOnlySpan<char> part)
    {
        bool afterLetter = false;
        foreach (char c in part)
        {
            bool letter = char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
            if (!letter && (!afterLetter || c is not ('.' or '_' or '-')))
            {
                return false;
            }

            afterLetter = letter;
        }

        return afterLetter;
    }
}

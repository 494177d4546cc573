using System.Diagnostics.CodeAnalysis;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// The name of an image: registry, repository, and a tag, a digest or both. Read by the grammar and the short-name rules of
/// distribution/reference (reference.go, normalize.go), so that <c>debian</c> is <c>docker.io/library/debian:latest</c>. Stricter in two
/// points: host names are folded to lower case, and an upper-case first component without a dot or a port is an error rather than a host.
/// </summary>
public sealed record ImageReference
{
    private const string DockerHub = "docker.io";
    private const string DockerHubLegacy = "index.docker.io";
    private const string OfficialPrefix = "library/";
    private const string DefaultTag = "latest";
    private const int LongestRepository = 255;
    private const int LongestTag = 128;

    private ImageReference(string registry, string repository, string? tag, Digest? digest)
    {
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Host, and port if any, of the registry: <c>docker.io</c>, <c>localhost:5000</c>.</summary>
    public string Registry { get; }

    /// <summary>Path within the registry: <c>library/debian</c>.</summary>
    public string Repository { get; }

    /// <summary>The tag; null only where there is a digest.</summary>
    public string? Tag { get; }

    /// <summary>The digest, where the reference is pinned. It wins over the tag.</summary>
    public Digest? Digest { get; }

    /// <summary>Registry and repository, without tag or digest.</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>The name as users write it: <c>debian:12</c> for <c>docker.io/library/debian:12</c>.</summary>
    public string Familiar
    {
        get
        {
            string name = Name;
            if (Registry == DockerHub)
            {
                name = Repository.StartsWith(OfficialPrefix, StringComparison.Ordinal) && Repository.IndexOf('/', OfficialPrefix.Length) < 0
                    ? Repository[OfficialPrefix.Length..]
                    : Repository;
            }

            return name + Suffix;
        }
    }

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is { } digest ? "@" + digest.Value : "");

    /// <summary>Reads a reference; without tag and digest its tag is <c>latest</c>.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.ImageReferenceInvalid"/> with the reason.</exception>
    public static ImageReference Parse(string? text)
    {
        string? reason = Read(text, out ImageReference? reference);
        return reason is null ? reference! : throw new DevcontainerException(Codes.ImageReferenceInvalid, Printable.Quote(text), reason);
    }

    /// <summary>Like <see cref="Parse"/>; false where it would throw.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference) =>
        Read(text, out reference) is null;

    /// <summary>The same image under another tag, and no digest.</summary>
    /// <exception cref="DevcontainerException"><see cref="Codes.ImageReferenceInvalid"/>: not a tag.</exception>
    public ImageReference WithTag(string tag) =>
        IsTag(tag)
            ? new ImageReference(Registry, Repository, tag, null)
            : throw new DevcontainerException(Codes.ImageReferenceInvalid, Printable.Quote($"{Name}:{tag}"), TagReason);

    /// <summary>The same image pinned: <c>registry/repository@sha256:…</c>, no tag.</summary>
    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, null, digest);

    /// <summary>The whole canonical text: <c>docker.io/library/debian:12</c>.</summary>
    public override string ToString() => Name + Suffix;

    private const string TagReason = "a tag has 1 to 128 letters, digits, '_', '.' and '-', and starts with none of the last two";

    // Returns the reason why not, or null.
    private static string? Read(string? text, out ImageReference? reference)
    {
        reference = null;
        if (string.IsNullOrEmpty(text))
        {
            return "it is empty";
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is <= ' ' or > '~')
            {
                return $"character {i + 1} is U+{(int)text[i]:X4}, only ASCII letters, digits and punctuation are allowed";
            }
        }

        if (text[0] == '-')
        {
            return "it starts with '-'";
        }

        Digest? digest = null;
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string name = text;
        if (at >= 0)
        {
            if (!Oci.Digest.TryParse(text[(at + 1)..], out Digest parsed))
            {
                return "what follows '@' is not sha256: and 64 lower-case hexadecimal digits";
            }

            digest = parsed;
            name = text[..at];
        }

        SplitRegistry(name, out string registry, out string path);
        string? tag = null;
        int colon = path.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            tag = path[(colon + 1)..];
            path = path[..colon];
            if (!IsTag(tag))
            {
                return TagReason;
            }
        }

        string? reason = RegistryReason(registry) ?? RepositoryReason(path);
        if (reason is not null)
        {
            return reason;
        }

        if (registry == DockerHub && !path.Contains('/', StringComparison.Ordinal))
        {
            if (path.Length == 64 && IsHex(path))
            {
                return "64 hexadecimal digits are an image id, not a repository";
            }

            path = OfficialPrefix + path;
        }

        if (path.Length > LongestRepository)
        {
            return "the repository is longer than 255 characters";
        }

        reference = new ImageReference(registry, path, tag ?? (digest is null ? DefaultTag : null), digest);
        return null;
    }

    // The first component is a host if it could be nothing else: it has a dot or a port, or is localhost.
    private static void SplitRegistry(string name, out string registry, out string path)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        if (slash < 0 || (first != "localhost" && first.AsSpan().IndexOfAny('.', ':') < 0))
        {
            registry = DockerHub;
            path = name;
            return;
        }

        registry = first.ToLowerInvariant();
        if (registry == DockerHubLegacy)
        {
            registry = DockerHub;
        }

        path = name[(slash + 1)..];
    }

    private static string? RegistryReason(string registry)
    {
        ReadOnlySpan<char> host = registry;
        int portAt = host.Length > 0 && host[0] == '[' ? host.IndexOf("]:") + 1 : host.IndexOf(':');
        if (portAt > 0)
        {
            ReadOnlySpan<char> port = host[(portAt + 1)..];
            if (port.Length is 0 or > 5 || port.ContainsAnyExceptInRange('0', '9')
                || int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) is 0 or > 65535)
            {
                return $"'{port}' is not a port";
            }

            host = host[..portAt];
        }

        if (host.Length > 2 && host[0] == '[')
        {
            return host[^1] == ']' && System.Net.IPAddress.TryParse(host[1..^1], out System.Net.IPAddress? address)
                && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && host.IndexOf('%') < 0
                ? null
                : $"'{host}' is not a registry host";
        }

        foreach (Range range in host.Split('.'))
        {
            ReadOnlySpan<char> label = host[range];
            if (label.IsEmpty || label[0] == '-' || label[^1] == '-' || !All(label, static c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                return $"'{host}' is not a registry host";
            }
        }

        return null;
    }

    private static string? RepositoryReason(string path)
    {
        if (path.Length == 0)
        {
            return "it names no repository";
        }

        foreach (char c in path)
        {
            if (char.IsAsciiLetterUpper(c))
            {
                return "the repository must be lower case";
            }
        }

        ReadOnlySpan<char> rest = path;
        foreach (Range range in rest.Split('/'))
        {
            if (!IsComponent(rest[range]))
            {
                return $"'{rest[range]}' is not a repository component: lower-case letters and digits, joined by '.', '_', '__' or dashes";
            }
        }

        return null;
    }

    // alphanumeric (separator alphanumeric)*, where a separator is one '.', one or two '_', or any number of '-'.
    private static bool IsComponent(ReadOnlySpan<char> component)
    {
        int i = 0;
        while (true)
        {
            int start = i;
            while (i < component.Length && (char.IsAsciiLetterLower(component[i]) || char.IsAsciiDigit(component[i])))
            {
                i++;
            }

            if (i == start)
            {
                return false;
            }

            if (i == component.Length)
            {
                return true;
            }

            char separator = component[i];
            int run = 0;
            while (i < component.Length && component[i] == separator)
            {
                i++;
                run++;
            }

            if (!(separator switch { '.' => run == 1, '_' => run <= 2, '-' => true, _ => false }))
            {
                return false;
            }
        }
    }

    internal static bool IsTag([NotNullWhen(true)] string? tag) =>
        tag is { Length: > 0 and <= LongestTag } && tag[0] is not ('.' or '-')
        && All(tag, static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsHex(ReadOnlySpan<char> text) => All(text, static c => char.IsAsciiHexDigitLower(c));

    private static bool All(ReadOnlySpan<char> text, Func<char, bool> allowed)
    {
        foreach (char c in text)
        {
            if (!allowed(c))
            {
                return false;
            }
        }

        return true;
    }
}

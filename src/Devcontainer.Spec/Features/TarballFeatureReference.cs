using System.Net;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>A Feature published as a file: <c>https://…/devcontainer-feature-&lt;name&gt;.tgz</c>.</summary>
/// <param name="Id">The id as written.</param>
/// <param name="Uri">Its address.</param>
/// <param name="Name">The Feature's name, from the file name.</param>
public sealed record TarballFeatureReference(string Id, Uri Uri, string Name) : RemoteFeatureReference(Id)
{
    private const string Before = "devcontainer-feature-";
    private const string After = ".tgz";

    /// <inheritdoc/>
    public override string Source => "tarball";

    /// <inheritdoc/>
    public override string Resolved(string digest) => Uri.AbsoluteUri;

    /// <summary>Reads an id that has a scheme (specification, "Referencing a Feature"; devcontainers/cli, processFeatureIdentifier).</summary>
    internal static new TarballFeatureReference Parse(string id, SourceLocation? location)
    {
        if (!id.StartsWith("https://", StringComparison.Ordinal) && !id.StartsWith("http://", StringComparison.Ordinal))
        {
            throw NotValid(id, location, "a URL must begin with https://");
        }

        if (!Uri.TryCreate(id, UriKind.Absolute, out Uri? uri))
        {
            throw NotValid(id, location, "the URL cannot be read");
        }

        if (uri.UserInfo.Length > 0)
        {
            // Neither in a lock file nor in a log.
            throw NotValid($"https://…@{uri.Host}{uri.AbsolutePath}", location, "a URL must not have a user name or password in it");
        }

        if (uri.Scheme == Uri.UriSchemeHttp && !IsLoopback(uri))
        {
            throw NotValid(id, location, "a URL must begin with https://; plain HTTP is for loopback only");
        }

        string file = ContainerPath.FileName(uri.AbsolutePath);
        string name = file.StartsWith(Before, StringComparison.Ordinal) && file.EndsWith(After, StringComparison.Ordinal)
            && file.Length > Before.Length + After.Length ? file[Before.Length..^After.Length] : "";
        return IsName(name)
            ? new TarballFeatureReference(id, uri, name)
            : throw NotValid(id, location, "the file must be called 'devcontainer-feature-<id>.tgz'");
    }

    // As downloads have it: a name that resolves to loopback is not.
    private static bool IsLoopback(Uri uri) =>
        uri.Host == "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}

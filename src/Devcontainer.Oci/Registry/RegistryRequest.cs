namespace Devcontainer.Oci;

/// <summary>One request to a registry, as often as it has to be sent.</summary>
internal sealed record RegistryRequest
{
    internal required HttpMethod Method { get; init; }

    internal required RegistryEndpoint Endpoint { get; init; }

    internal required Uri Uri { get; init; }

    /// <summary>What the token must allow: <c>repository:name:pull</c>.</summary>
    internal required string Scope { get; init; }

    /// <summary>The media types that are understood, as the Accept header has them; empty for any.</summary>
    internal string Accept { get; init; } = "";

    internal long? RangeFrom { get; init; }

    /// <summary>Makes the body anew for every sending; the callback is to be called whenever a piece of it went out, with the number of bytes
    /// that are left.</summary>
    internal Func<Action<long>, HttpContent>? Body { get; init; }

    /// <summary>How much longer than <see cref="RegistryClientOptions.StallTimeout"/> the answer may take once the body is sent.</summary>
    internal TimeSpan Patience { get; init; }

    /// <summary>For messages: no query, it may hold what a presigned address is signed with.</summary>
    public override string ToString() => $"{Method} {Uri.GetLeftPart(UriPartial.Path)}";
}

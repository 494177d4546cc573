using System.Net;

namespace Devcontainer.Oci;

/// <summary>A registry answered that it cannot just now: 408, 429 or 5xx.</summary>
internal sealed class TransientStatusException(HttpResponseMessage response) : Exception
{
    internal HttpStatusCode Status { get; } = response.StatusCode;

    /// <summary>How long the registry asks to wait, if it does.</summary>
    internal TimeSpan? RetryAfter { get; } = response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - DateTimeOffset.UtcNow,
        _ => null,
    };
}

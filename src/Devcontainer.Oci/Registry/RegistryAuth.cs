using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Signs in to registries: basic, or bearer tokens from the realm that the registry names (CNCF distribution, docs/spec/auth/token.md). A
/// credential goes to its registry and to that registry's own realm, and to nobody else; another realm is asked without one.
/// </summary>
/// <param name="options">The client's options.</param>
/// <param name="send">Sends a request as it is: no sign-in, no redirects.</param>
internal sealed class RegistryAuth(
    RegistryClientOptions options, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : IDisposable
{
    private const int LargestTokenResponse = 256 * 1024;
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);
    private static readonly Task<AuthenticationHeaderValue?> Nothing = Task.FromResult<AuthenticationHeaderValue?>(null);

    private readonly ConcurrentDictionary<string, Credential?> _credentials = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AuthChallenge> _challenges = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Token> _tokens = new(StringComparer.Ordinal);
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signIn = new(1);

    /// <summary>What to send before the registry asks; null where nothing is known yet.</summary>
    internal Task<AuthenticationHeaderValue?> KnownAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        _challenges.TryGetValue(request.Endpoint.Registry, out AuthChallenge? challenge)
            ? AnswerAsync(request, challenge, rejected: null, cancellationToken)
            : Nothing;

    /// <summary>What to send after the registry answered 401; null where there is nothing (else) to try.</summary>
    internal async Task<AuthenticationHeaderValue?> AnswerAsync(
        RegistryRequest request, HttpResponseMessage unauthorized, AuthenticationHeaderValue? rejected, CancellationToken cancellationToken)
    {
        AuthChallenge? challenge = null;
        if (unauthorized.Headers.NonValidated.TryGetValues("WWW-Authenticate", out HeaderStringValues headers))
        {
            foreach (string header in headers)
            {
                foreach (AuthChallenge offered in AuthChallenge.Parse(header))
                {
                    if (offered.Scheme == "bearer" || (offered.Scheme == "basic" && challenge is null))
                    {
                        challenge = offered;
                    }
                }
            }
        }

        if (challenge is null)
        {
            return null;
        }

        _challenges[request.Endpoint.Registry] = challenge;
        AuthenticationHeaderValue? answer = await AnswerAsync(request, challenge, rejected, cancellationToken).ConfigureAwait(false);
        return answer is null || answer.Equals(rejected) ? null : answer;
    }

    /// <summary>Takes secrets out of a text that a registry sent, in case it sent one of ours back.</summary>
    internal string Scrub(string text)
    {
        lock (_secrets)
        {
            foreach (string secret in _secrets)
            {
                text = text.Replace(secret, "***", StringComparison.Ordinal);
            }
        }

        return text;
    }

    public void Dispose() => _signIn.Dispose();

    private async Task<AuthenticationHeaderValue?> AnswerAsync(
        RegistryRequest request, AuthChallenge challenge, AuthenticationHeaderValue? rejected, CancellationToken cancellationToken)
    {
        string registry = request.Endpoint.Registry;
        string key = challenge.Scheme == "basic" ? registry : $"{registry} {request.Scope}";
        if (Fresh(key, rejected) is { } known)
        {
            return known;
        }

        // One at a time: parallel requests for one scope need one token, and one run of a credential helper.
        await _signIn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Fresh(key, rejected) is { } meanwhile)
            {
                return meanwhile;
            }

            Token? token = challenge.Scheme == "basic"
                ? await CredentialAsync(registry, cancellationToken).ConfigureAwait(false) is { Password: not null } basic
                    ? new Token(Basic(basic), DateTimeOffset.MaxValue)
                    : null
                : await FetchAsync(request, challenge, cancellationToken).ConfigureAwait(false);
            if (token is not null)
            {
                _tokens[key] = token;
            }

            return token?.Header;
        }
        finally
        {
            _signIn.Release();
        }
    }

    private AuthenticationHeaderValue? Fresh(string key, AuthenticationHeaderValue? rejected) =>
        _tokens.TryGetValue(key, out Token? token) && token.Expires > DateTimeOffset.UtcNow && !token.Header.Equals(rejected)
            ? token.Header
            : null;

    private async Task<Token> FetchAsync(RegistryRequest request, AuthChallenge challenge, CancellationToken cancellationToken)
    {
        RegistryEndpoint endpoint = request.Endpoint;
        Credential? credential = await CredentialAsync(endpoint.Registry, cancellationToken).ConfigureAwait(false);
        if (credential?.RegistryToken is { } own)
        {
            return new Token(Bearer(own, endpoint), DateTimeOffset.MaxValue);
        }

        if (!Uri.TryCreate(challenge["realm"], UriKind.Absolute, out Uri? realm) || !RegistryEndpoint.IsAllowed(realm, options)
            || realm.UserInfo.Length > 0)
        {
            throw new DevcontainerException(
                Codes.RegistryProtocol, endpoint.Registry, $"it names '{Printable.Quote(challenge["realm"])}' as the place to sign in");
        }

        bool trusted = IsOwnRealm(endpoint, realm);
        using HttpRequestMessage message = TokenRequest(realm, challenge, request.Scope, trusted ? credential : null);
        using HttpResponseMessage response = await send(message, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw (int)response.StatusCode switch
            {
                408 or 429 or >= 500 => new TransientStatusException(response),
                _ when credential is null => Unauthorized("there are no credentials for it"),
                _ when !trusted => new DevcontainerException(Codes.RealmForeign, endpoint.Registry, realm.Host),
                _ => Unauthorized($"{realm.Host} does not accept the {credential}"),
            };
        }

        byte[] body = await RegistryTransport
            .ReadBodyAsync(response, LargestTokenResponse, $"token response of {realm.Host}", options, cancellationToken)
            .ConfigureAwait(false);
        return ReadToken(body, endpoint);

        DevcontainerException Unauthorized(string reason) => new(Codes.RegistryUnauthorized, endpoint.Registry, request.Scope, reason);
    }

    private HttpRequestMessage TokenRequest(Uri realm, AuthChallenge challenge, string scope, Credential? credential)
    {
        string? service = challenge["service"];
        var scopes = new List<string>();
        // The registry may know of more that the request needs.
        foreach (string wanted in $"{scope} {challenge["scope"]}".Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!scopes.Contains(wanted))
            {
                scopes.Add(wanted);
            }
        }

        if (credential?.IdentityToken is { } identity)
        {
            // docs/spec/auth/oauth.md
            return new HttpRequestMessage(HttpMethod.Post, realm)
            {
                Content = new FormUrlEncodedContent(
                [
                    new("grant_type", "refresh_token"), new("refresh_token", identity), new("client_id", options.UserAgent),
                    new("service", service ?? ""), new("scope", string.Join(' ', scopes)),
                ]),
            };
        }

        var query = new StringBuilder(realm.Query.TrimStart('?'));
        if (service is not null)
        {
            Add("service", service);
        }

        foreach (string wanted in scopes)
        {
            Add("scope", wanted);
        }

        var message = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        if (credential?.Password is not null)
        {
            message.Headers.Authorization = Basic(credential);
        }

        return message;

        void Add(string name, string value) =>
            query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    private Token ReadToken(byte[] body, RegistryEndpoint endpoint)
    {
        string? token = null;
        long seconds = (long)DefaultLifetime.TotalSeconds;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name is "token" or "access_token" && property.Value.ValueKind == JsonValueKind.String)
                {
                    token ??= property.Value.GetString();
                }
                else if (property is { Name: "expires_in", Value.ValueKind: JsonValueKind.Number }
                    && property.Value.TryGetInt64(out long stated))
                {
                    seconds = Math.Clamp(stated, 1, 24 * 3600);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below, without the text.
        }

        if (string.IsNullOrEmpty(token))
        {
            throw new DevcontainerException(Codes.RegistryProtocol, endpoint.Registry, "the place to sign in gave no token");
        }

        return new Token(Bearer(token, endpoint), DateTimeOffset.UtcNow + TimeSpan.FromSeconds(seconds) - Margin);
    }

    private AuthenticationHeaderValue Bearer(string token, RegistryEndpoint endpoint)
    {
        Remember(token);
        // A token with a line break in it would end the header and begin another.
        return token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new DevcontainerException(Codes.RegistryProtocol, endpoint.Registry, "its token has characters that no token may have")
            : new AuthenticationHeaderValue("Bearer", token);
    }

    private AuthenticationHeaderValue Basic(Credential credential)
    {
        string pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}"));
        Remember(pair);
        return new AuthenticationHeaderValue("Basic", pair);
    }

    private async Task<Credential?> CredentialAsync(string registry, CancellationToken cancellationToken)
    {
        if (_credentials.TryGetValue(registry, out Credential? credential) || options.Credentials is null)
        {
            return credential;
        }

        credential = await options.Credentials.FindAsync(registry, cancellationToken).ConfigureAwait(false);
        _credentials[registry] = credential;
        foreach (string? secret in new[] { credential?.Password, credential?.IdentityToken, credential?.RegistryToken })
        {
            Remember(secret);
        }

        return credential;
    }

    private void Remember(string? secret)
    {
        if (!string.IsNullOrEmpty(secret))
        {
            lock (_secrets)
            {
                _secrets.Add(secret);
            }
        }
    }

    // The registry's own host, on its own port or on any under HTTPS (a registry beside its GitLab); or the one that is known to be its.
    private bool IsOwnRealm(RegistryEndpoint endpoint, Uri realm) =>
        (realm.Host == endpoint.Origin.Host && (realm.Port == endpoint.Origin.Port || realm.Scheme == Uri.UriSchemeHttps))
        || (options.TrustedRealms.TryGetValue(endpoint.Registry, out string? trusted)
            && Uri.TryCreate($"{realm.Scheme}://{trusted}", UriKind.Absolute, out Uri? known) && realm.Authority == known.Authority);

    private sealed record Token(AuthenticationHeaderValue Header, DateTimeOffset Expires);
}

using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Oci;

/// <summary>
/// Credentials from docker's <c>config.json</c>, in docker's order: a helper for the registry, the common store, then the file itself
/// (docker/cli, cli/config/configfile/file.go). Read when a registry first asks.
/// </summary>
/// <param name="folder">The folder of config.json; see <see cref="Folder"/>.</param>
/// <param name="helper">Runs helper programs.</param>
public sealed class DockerConfig(string folder, ICredentialHelper helper) : ICredentialSource
{
    private const int LargestFile = 4 * 1024 * 1024;
    private const string DockerHub = "docker.io";
    private const string DockerHubKey = "https://index.docker.io/v1/";

    /// <summary>Docker's configuration folder: DOCKER_CONFIG, else <c>.docker</c> in the user's home.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    public static string Folder(Func<string, string?> environment)
    {
        if (environment("DOCKER_CONFIG") is { Length: > 0 } folder)
        {
            return folder;
        }

        string? home = environment(OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME");
        return Path.Combine(
            string.IsNullOrEmpty(home) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) : home, ".docker");
    }

    /// <summary>Where docker looks for certificate authorities of single registries: <c>certs.d</c> in its configuration folder (Docker
    /// Desktop), and the engine's.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    public static IReadOnlyList<string> CertificateFolders(Func<string, string?> environment)
    {
        string engine = !OperatingSystem.IsWindows() ? "/etc/docker"
            : Path.Combine(environment("ProgramData") ?? @"C:\ProgramData", "docker");
        return [Path.Combine(Folder(environment), "certs.d"), Path.Combine(engine, "certs.d")];
    }

    /// <inheritdoc/>
    /// <exception cref="DevcontainerException"><see cref="Codes.DockerConfigInvalid"/> or
    /// <see cref="Codes.CredentialHelperFailed"/>.</exception>
    public async ValueTask<Credential?> FindAsync(string registry, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, "config.json");
        using JsonDocument? document = Read(path);
        if (document is null)
        {
            return null;
        }

        JsonElement root = document.RootElement;
        if (Helper(path, root, registry) is { } name)
        {
            Credential? stored = await AskHelperAsync(path, name, registry, cancellationToken).ConfigureAwait(false);
            if (stored is not null)
            {
                return stored;
            }
        }

        return Entry(path, root, "auths", registry) is { } entry ? FromEntry(path, registry, entry) : null;
    }

    private static JsonDocument? Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > LargestFile)
            {
                throw new DevcontainerException(Codes.DockerConfigInvalid, path, "it is too large");
            }

            JsonDocument document = JsonDocument.Parse(file, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new DevcontainerException(Codes.DockerConfigInvalid, path, "it is not a JSON object");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.DockerConfigInvalid, null, path, "it cannot be read"), e);
        }
        catch (JsonException e)
        {
            // The exception's own text may quote the file, and the file holds secrets.
            throw new DevcontainerException(Codes.DockerConfigInvalid, path, $"it is not JSON (line {e.LineNumber + 1})");
        }
    }

    private static string? Helper(string path, JsonElement root, string registry)
    {
        string? name = Entry(path, root, "credHelpers", registry) is { } one ? Text(one)
            : root.TryGetProperty("credsStore", out JsonElement store) ? Text(store)
            : null;
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                throw new DevcontainerException(
                    Codes.DockerConfigInvalid, path, $"'{Printable.Quote(name)}' is no name of a credential helper");
            }
        }

        return "docker-credential-" + name;
    }

    private async Task<Credential?> AskHelperAsync(string path, string program, string registry, CancellationToken cancellationToken)
    {
        (int exitCode, string output) = await helper
            .GetAsync(program, registry == DockerHub ? DockerHubKey : registry, cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            return output.Contains("credentials not found", StringComparison.Ordinal)
                ? null
                : throw new DevcontainerException(
                    Codes.CredentialHelperFailed, program, path, registry, $"it ended with exit code {exitCode}");
        }

        try
        {
            using JsonDocument answer = JsonDocument.Parse(output);
            string? user = Text(answer.RootElement.GetProperty("Username"));
            string? secret = Text(answer.RootElement.GetProperty("Secret"));
            return string.IsNullOrEmpty(secret) ? null
                : user is "<token>" ? Credential.FromIdentityToken(secret)
                : Credential.FromPassword(user ?? "", secret);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new DevcontainerException(Codes.CredentialHelperFailed, program, path, registry, "its answer is not understood");
        }
    }

    private static Credential? FromEntry(string path, string registry, JsonElement entry)
    {
        if (Member(entry, "identitytoken") is { Length: > 0 } identity)
        {
            return Credential.FromIdentityToken(identity);
        }

        if (Member(entry, "registrytoken") is { Length: > 0 } token)
        {
            return Credential.FromRegistryToken(token);
        }

        if (Member(entry, "auth") is { Length: > 0 } auth)
        {
            try
            {
                string pair = Encoding.UTF8.GetString(Convert.FromBase64String(auth));
                int colon = pair.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0)
                {
                    // Docker pads passwords with NUL.
                    return Credential.FromPassword(pair[..colon], pair[(colon + 1)..].TrimEnd('\0'));
                }
            }
            catch (FormatException)
            {
                // Said below, without the text.
            }

            throw new DevcontainerException(
                Codes.DockerConfigInvalid, path, $"its 'auth' for {Printable.Quote(registry)} is not base64 of user:password");
        }

        return Member(entry, "username") is { Length: > 0 } user && Member(entry, "password") is { Length: > 0 } password
            ? Credential.FromPassword(user, password)
            : null;
    }

    // The entry of a registry in "auths" or "credHelpers". Keys are host names, or URLs from the time of registry API version 1.
    private static JsonElement? Entry(string path, JsonElement root, string section, string registry)
    {
        if (!root.TryGetProperty(section, out JsonElement entries) || entries.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (entries.ValueKind != JsonValueKind.Object)
        {
            throw new DevcontainerException(Codes.DockerConfigInvalid, path, $"'{section}' is not an object");
        }

        ReadOnlySpan<string> exact = registry == DockerHub
            ? [DockerHubKey, "index.docker.io", DockerHub, "registry-1.docker.io"]
            : [registry];
        foreach (string key in exact)
        {
            if (entries.TryGetProperty(key, out JsonElement entry))
            {
                return entry;
            }
        }

        foreach (JsonProperty property in entries.EnumerateObject())
        {
            if (IsUrlOf(Name(property), registry))
            {
                return property.Value;
            }
        }

        return null;
    }

    // A name that is not Unicode is that of no registry.
    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    private static bool IsUrlOf(string key, string registry)
    {
        ReadOnlySpan<char> rest = key;
        int scheme = rest.IndexOf("://");
        rest = scheme < 0 ? rest : rest[(scheme + 3)..];
        if (!rest.StartsWith(registry, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // Nothing else may follow: docker keeps other tokens under deeper paths.
        return rest[registry.Length..] is "" or "/" or "/v1" or "/v1/" or "/v2" or "/v2/";
    }

    private static string? Member(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out JsonElement value) ? Text(value) : null;

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

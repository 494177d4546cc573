namespace Devcontainer.Oci;

/// <summary>What a registry or its token service accepts as proof of who asks. It never shows its secret.</summary>
public sealed class Credential
{
    private Credential(string? userName, string? password, string? identityToken, string? registryToken)
    {
        UserName = userName;
        Password = password;
        IdentityToken = identityToken;
        RegistryToken = registryToken;
    }

    internal string? UserName { get; }

    internal string? Password { get; }

    internal string? IdentityToken { get; }

    internal string? RegistryToken { get; }

    /// <summary>A user name with a password or an access token.</summary>
    public static Credential FromPassword(string userName, string password) => new(userName, password, null, null);

    /// <summary>An OAuth 2 refresh token, which a token service exchanges (docker's <c>identitytoken</c>).</summary>
    public static Credential FromIdentityToken(string token) => new(null, null, token, null);

    /// <summary>A bearer token that goes to the registry as it is (docker's <c>registrytoken</c>).</summary>
    public static Credential FromRegistryToken(string token) => new(null, null, null, token);

    /// <summary>The kind of credential, and nothing of it.</summary>
    public override string ToString() =>
        Password is not null ? "user name and password" : IdentityToken is not null ? "identity token" : "registry token";
}

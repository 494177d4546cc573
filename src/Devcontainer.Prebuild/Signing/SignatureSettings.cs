namespace Devcontainer.Prebuild.Signing;

/// <summary>How images are signed, and whose signature they must have: what the project says of it. A key is named here, and is never here itself.</summary>
public sealed record SignatureSettings
{
    /// <summary>What signs: absolute path of a private key, <c>env://NAME</c>, or the URI of a key that others keep; null for a certificate of the signer's
    /// identity (keyless).</summary>
    public string? SigningKey { get; init; }

    /// <summary>What a signature is verified with: the same, for the public key; null for <see cref="Identity"/> and <see cref="Issuer"/>.</summary>
    public string? VerificationKey { get; init; }

    /// <summary>Whose certificate a keyless signature must have; a regular expression where it begins with <c>^</c>.</summary>
    public string? Identity { get; init; }

    /// <summary>Who must have vouched for the identity; a regular expression where it begins with <c>^</c>.</summary>
    public string? Issuer { get; init; }

    /// <summary>Absolute path of a file that says which services sign (Sigstore's signing configuration); null for the public ones.</summary>
    public string? SigningConfig { get; init; }

    /// <summary>Absolute path of a file that says whose certificates and logs are trusted (Sigstore's trusted root); null for the public one.</summary>
    public string? TrustedRoot { get; init; }

    /// <summary>Use no service: sign with the key alone, and verify with what is here.</summary>
    public bool Offline { get; init; }
}

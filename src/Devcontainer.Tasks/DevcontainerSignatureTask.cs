using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Signing;

namespace Devcontainer.Tasks;

/// <summary>What the tasks share that sign an image, or verify its signature.</summary>
public abstract class DevcontainerSignatureTask : DevcontainerRegistryTask
{
    // Keys that are no file: cosign's schemes, and the one that has no slashes.
    private const string Scheme = "://";
    private const string Pkcs11 = "pkcs11:";

    /// <summary>DevcontainerSigningKey.</summary>
    public string? SigningKey { get; set; }

    /// <summary>DevcontainerSigningConfig.</summary>
    public string? SigningConfig { get; set; }

    /// <summary>DevcontainerVerificationKey.</summary>
    public string? VerificationKey { get; set; }

    /// <summary>DevcontainerSignatureIdentity.</summary>
    public string? SignatureIdentity { get; set; }

    /// <summary>DevcontainerSignatureIssuer.</summary>
    public string? SignatureIssuer { get; set; }

    /// <summary>DevcontainerTrustedRoot.</summary>
    public string? TrustedRoot { get; set; }

    /// <summary>DevcontainerSignatureOffline.</summary>
    public string? SignatureOffline { get; set; }

    /// <summary>Binds what says how images are signed.</summary>
    /// <exception cref="DevcontainerException">DEVC9001: a property is not right. A key itself in the place of its name is not repeated.</exception>
    private protected SignatureSettings BindSignatures() => new()
    {
        SigningKey = Key("DevcontainerSigningKey", SigningKey),
        VerificationKey = Key("DevcontainerVerificationKey", VerificationKey),
        Identity = Text(SignatureIdentity),
        Issuer = Text(SignatureIssuer),
        SigningConfig = ExistingFile("DevcontainerSigningConfig", SigningConfig),
        TrustedRoot = ExistingFile("DevcontainerTrustedRoot", TrustedRoot),
        Offline = Switch("DevcontainerSignatureOffline", SignatureOffline),
    };

    private string? Key(string property, string? value)
    {
        if (Text(value) is not { } key)
        {
            return null;
        }

        // What stands here reaches arguments and logs.
        if (key.Contains("-----BEGIN", StringComparison.Ordinal) || key.Contains("pin-value=", StringComparison.Ordinal))
        {
            throw new DevcontainerException(
                Codes.PropertyInvalid,
                property,
                "(not shown)",
                "it is a secret itself; keep a key in a variable and name that, as env://NAME, and a PIN in COSIGN_PKCS11_PIN");
        }

        return key.Contains(Scheme, StringComparison.Ordinal) || key.StartsWith(Pkcs11, StringComparison.Ordinal) ? key : ExistingFile(property, key);
    }

    private string? ExistingFile(string property, string? value) => Text(value) is not { } path ? null
        : File.Exists(Absolute(path)) ? Absolute(path)
        : throw new DevcontainerException(Codes.PropertyInvalid, property, path, "there is no such file");
}

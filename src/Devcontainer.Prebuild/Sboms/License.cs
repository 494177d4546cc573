using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Prebuild.Sboms;

/// <summary>A licence as a package declares it.</summary>
/// <param name="Expression">An SPDX licence expression (SPDX 2.3, annex D).</param>
/// <param name="Extracted">The licences in it that are not on the SPDX list.</param>
internal sealed record License(string Expression, IReadOnlyList<ExtractedLicense> Extracted);

/// <summary>A licence that is not on the SPDX list (SPDX 2.3, clause 10).</summary>
/// <param name="Id"><c>LicenseRef-</c> and a name that is unique for the text.</param>
/// <param name="Name">What the package calls it.</param>
/// <param name="Text">Its text, as the package has it.</param>
internal sealed record ExtractedLicense(string Id, string Name, string Text)
{
    /// <summary>A licence by its name and text. Packages use one name for many texts, so the text is in the id.</summary>
    internal static ExtractedLicense Of(string name, string? text)
    {
        text ??= $"The package names this license '{name}' and does not have its text.";
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name + "\n" + text), hash);
        return new ExtractedLicense($"LicenseRef-{SpdxId.Sanitize(name)}-{Convert.ToHexStringLower(hash[..8])}", name, text);
    }
}

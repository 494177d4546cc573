using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>A declared input with its digests.</summary>
/// <param name="Path">Relative to the workspace, with <c>/</c>.</param>
/// <param name="Tier">The tier whose key it is in.</param>
/// <param name="Projection">How it was read.</param>
/// <param name="Sha256">Digest of what counts of it: in the key.</param>
/// <param name="RawSha256">Digest of the whole file: tells the next build that it need not be read through its projection again.</param>
internal sealed record DeclaredInputDigest(string Path, string Tier, string Projection, string Sha256, string RawSha256)
{
    /// <summary>Reads declared inputs, sorted by tier and path.</summary>
    /// <param name="inputs">What the project declares.</param>
    /// <param name="previous">The last receipt, or null.</param>
    /// <param name="workspaceFolder">What paths are relative to.</param>
    /// <exception cref="DevcontainerException">DEVC3050 to DEVC3053.</exception>
    internal static IReadOnlyList<DeclaredInputDigest> Read(IReadOnlyList<DeclaredInput> inputs, Receipt? previous, string workspaceFolder)
    {
        var digests = new List<DeclaredInputDigest>(inputs.Count);
        foreach (DeclaredInput input in inputs)
        {
            if (input.Tier is not ("environment" or "packages"))
            {
                throw new DevcontainerException(Codes.TierUnknown, input.Path, input.Tier);
            }

            byte[] content;
            try
            {
                content = File.ReadAllBytes(input.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DevcontainerException(Diagnostic.Create(Codes.InputUnreadable, new SourceLocation(input.Path), input.Path, e.Message), e);
            }

            string path = System.IO.Path.GetRelativePath(workspaceFolder, input.Path).Replace('\\', '/');
            string raw = Convert.ToHexStringLower(SHA256.HashData(content));
            string digest = Known(previous, path, input, raw)
                ?? (input.Projection is "raw" or "" ? raw : Convert.ToHexStringLower(SHA256.HashData(InputProjection.Apply(input, content))));
            digests.Add(new DeclaredInputDigest(path, input.Tier, input.Projection, digest, raw));
        }

        digests.Sort(static (a, b) => string.CompareOrdinal(a.Tier, b.Tier) is not 0 and var tier ? tier
            : string.CompareOrdinal(a.Path, b.Path) is not 0 and var path ? path
            : string.CompareOrdinal(a.Projection, b.Projection));
        return digests;
    }

    // Reading XML or JSON costs more than everything else that an unchanged build does, and the same bytes come to the same digest.
    private static string? Known(Receipt? previous, string path, DeclaredInput input, string raw)
    {
        if (previous is null)
        {
            return null;
        }

        foreach (ReceiptInput known in previous.Inputs)
        {
            if (known.RawSha256 == raw && known.Path == path && known.Projection == input.Projection)
            {
                return known.Sha256;
            }
        }

        return null;
    }
}

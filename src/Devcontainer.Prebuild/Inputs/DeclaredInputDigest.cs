using System.Security.Cryptography;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Toolchain;
using Devcontainer.Spec.Contexts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>A declared input with its digests.</summary>
/// <param name="Path">Relative to the workspace, with <c>/</c>.</param>
/// <param name="Tier">The tier whose key it is in.</param>
/// <param name="Projection">How it was read.</param>
/// <param name="Sha256">Digest of what counts of it: in the key.</param>
/// <param name="RawSha256">Digest of the whole file.</param>
internal sealed record DeclaredInputDigest(string Path, string Tier, string Projection, string Sha256, string RawSha256)
{
    /// <summary>Reads declared inputs, sorted by tier and path.</summary>
    /// <param name="inputs">What the project declares.</param>
    /// <param name="cache">What earlier builds have read.</param>
    /// <param name="workspaceFolder">What paths are relative to.</param>
    /// <param name="hasToolchain">Whether .NET goes into the image: only then there is that tier.</param>
    /// <exception cref="DevcontainerException">DEVC3050 to DEVC3053.</exception>
    internal static IReadOnlyList<DeclaredInputDigest> Read(
        IReadOnlyList<DeclaredInput> inputs, InputCache cache, string workspaceFolder, bool hasToolchain = false)
    {
        var digests = new List<DeclaredInputDigest>(inputs.Count);
        foreach (DeclaredInput input in inputs)
        {
            if (input.Tier is not ("environment" or "packages") && !(input.Tier == ToolchainPart.Tier && hasToolchain))
            {
                throw new DevcontainerException(Codes.TierUnknown, input.Path, input.Tier);
            }

            string path = System.IO.Path.GetRelativePath(workspaceFolder, input.Path).Replace('\\', '/');
            (string raw, string digest) = Digest(input, cache);
            digests.Add(new DeclaredInputDigest(path, input.Tier, input.Projection, digest, raw));
        }

        digests.Sort(static (a, b) => string.CompareOrdinal(a.Tier, b.Tier) is not 0 and var tier ? tier
            : string.CompareOrdinal(a.Path, b.Path) is not 0 and var path ? path
            : string.CompareOrdinal(a.Projection, b.Projection));
        return digests;
    }

    private static (string Raw, string Projected) Digest(DeclaredInput input, InputCache cache)
    {
        bool isRaw = input.Projection is "raw" or "";
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        string? raw = RegularFile.Stamp(input.Path) is { } known && cache.TryFind(known, hash) ? Convert.ToHexStringLower(hash) : null;
        string? projected = raw is null || isRaw ? raw : cache.FindProjection(raw, input.Projection);
        if (raw is not null && projected is not null)
        {
            return (raw, projected);
        }

        byte[] content;
        FileStamp stamp;
        try
        {
            content = RegularFile.ReadAllBytes(input.Path, out stamp);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.InputUnreadable, new SourceLocation(input.Path), input.Path, e.Message), e);
        }

        SHA256.HashData(content, hash);
        cache.Add(stamp, hash);
        raw = Convert.ToHexStringLower(hash);
        if (isRaw)
        {
            return (raw, raw);
        }

        // Reading XML or JSON costs more than everything else that an unchanged build does, and the same bytes come to the same digest.
        projected = cache.FindProjection(raw, input.Projection);
        if (projected is null)
        {
            projected = Convert.ToHexStringLower(SHA256.HashData(InputProjection.Apply(input, content)));
            cache.AddProjection(raw, input.Projection, projected);
        }

        return (raw, projected);
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Where a Feature's id says that it comes from (specification, "Referencing a Feature").</summary>
/// <param name="Id">The id as written.</param>
public abstract record FeatureReference(string Id)
{
    /// <summary>The kind's name in plans and receipts: <c>local</c>, <c>oci</c> or <c>tarball</c>.</summary>
    public abstract string Source { get; }

    /// <summary>Reads an id. Old short names stand for what they became (devcontainers/cli, getBackwardCompatibleFeatureId).</summary>
    /// <param name="id">The id as written.</param>
    /// <param name="location">Where it is written.</param>
    /// <exception cref="DevcontainerException">It is not an id.</exception>
    public static FeatureReference Parse(string id, SourceLocation? location = null)
    {
        string current = CurrentName(id);
        if (current.StartsWith("./", StringComparison.Ordinal) || current.StartsWith("../", StringComparison.Ordinal))
        {
            return new LocalFeatureReference(id);
        }

        if (current.StartsWith('/') || Path.IsPathRooted(current))
        {
            throw NotValid(id, location, "a local Feature cannot have an absolute path");
        }

        if (current.Contains("://", StringComparison.Ordinal))
        {
            return TarballFeatureReference.Parse(id, location);
        }

        if (!current.AsSpan().ContainsAny('/', '\\'))
        {
            throw NotValid(id, location, "short names are no longer supported, see https://containers.dev/features for what replaces them");
        }

        return OciFeatureReference.Parse(id, current, location);
    }

    internal static DevcontainerException NotValid(string id, SourceLocation? location, string reason) =>
        new(Codes.FeatureIdNotValid, location, JsonText.Escape(id), reason);

    /// <summary>Letters, digits, '-' and '_'.</summary>
    internal static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static string CurrentName(string id) => id switch
    {
        "aws-cli" or "azure-cli" or "desktop-lite" or "docker-in-docker" or "docker-from-docker" or "dotnet" or "git" or "git-lfs"
            or "github-cli" or "java" or "kubectl-helm-minikube" or "node" or "powershell" or "python" or "ruby" or "rust" or "sshd"
            or "terraform" => $"ghcr.io/devcontainers/features/{id}:1",
        "golang" => "ghcr.io/devcontainers/features/go:1",
        "common" => "ghcr.io/devcontainers/features/common-utils:1",
        _ => id,
    };
}

/// <summary>A Feature in a folder beside the configuration.</summary>
/// <param name="Id">The path as written, relative to the folder of devcontainer.json.</param>
public sealed record LocalFeatureReference(string Id) : FeatureReference(Id)
{
    /// <inheritdoc/>
    public override string Source => "local";
}

/// <summary>A Feature that is not in the repository: it has a digest, and a pin in the lock file.</summary>
/// <param name="Id">The id as written.</param>
public abstract record RemoteFeatureReference(string Id) : FeatureReference(Id)
{
    /// <summary>The Feature's name, without a version.</summary>
    public abstract string Name { get; init; }

    /// <summary>What it is written as once it is found: <c>resolved</c> of the lock file (specification, "Lockfile").</summary>
    /// <param name="digest">The digest that it was found to have.</param>
    public abstract string Resolved(string digest);
}

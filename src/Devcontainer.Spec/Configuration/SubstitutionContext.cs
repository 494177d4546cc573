namespace Devcontainer.Spec;

/// <summary>What the variables of a configuration stand for (specification, "Variables in devcontainer.json").</summary>
public sealed record SubstitutionContext
{
    /// <summary>The value of <c>${localWorkspaceFolder}</c>; null for the folder that the configuration is loaded for.</summary>
    public string? LocalWorkspaceFolder { get; init; }

    /// <summary>
    /// The value of <c>${containerWorkspaceFolder}</c>; null for what the configuration says, or else <c>/workspaces/&lt;repository&gt;</c>
    /// and the way from there.
    /// </summary>
    public string? ContainerWorkspaceFolder { get; init; }

    /// <summary>Looks an environment variable of this machine up; null where it is not set. By default nothing is set.</summary>
    public Func<string, string?> LocalEnv { get; init; } = static _ => null;

    /// <summary>The environment variables that the project allows to reach the image.</summary>
    public IReadOnlySet<string> AllowedEnvironment { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether this machine has another value for a variable.</summary>
    internal bool IsElsewise(string name, string? value) => LocalEnv(name) is { } here && here != value;
}

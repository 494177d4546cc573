namespace Devcontainer.Prebuild.CI;

/// <summary>The environment of a build: a variable that is empty is one that is not there.</summary>
internal readonly struct CIEnvironment(IReadOnlyDictionary<string, string> variables)
{
    /// <summary>A variable's value, or null.</summary>
    internal string? this[string name] => variables.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>Whether a variable is <c>true</c>, in whatever letters.</summary>
    internal bool IsTrue(string name) => string.Equals(this[name], "true", StringComparison.OrdinalIgnoreCase);
}

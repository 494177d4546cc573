using System.Reflection;

namespace Devcontainer.Prebuild;

/// <summary>This library, as documents name what made them.</summary>
internal static class Tool
{
    /// <summary>Its name.</summary>
    internal const string Name = "Devcontainer.Sdk";

    /// <summary>Its version, without the commit.</summary>
    internal static string Version { get; } = ReadVersion();

    private static string ReadVersion()
    {
        string version = typeof(Tool).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        int build = version.IndexOf('+', StringComparison.Ordinal);
        return build < 0 ? version : version[..build];
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild;

/// <summary>Where what is done is said already, or would be said a thousand times.</summary>
internal sealed class SilentReporter : IBuildReporter
{
    /// <summary>The one there is.</summary>
    internal static SilentReporter Instance { get; } = new();

    /// <inheritdoc />
    public void Status(string message)
    {
    }

    /// <inheritdoc />
    public void Detail(string message)
    {
    }

    /// <inheritdoc />
    public void Warning(Diagnostic diagnostic)
    {
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild;

/// <summary>Where the pipeline says what it does. Implementations are safe to call from several threads.</summary>
public interface IBuildReporter
{
    /// <summary>A line that everyone should see.</summary>
    void Status(string message);

    /// <summary>A line for those who ask for more.</summary>
    void Detail(string message);

    /// <summary>A warning with its code and place.</summary>
    void Warning(Diagnostic diagnostic);
}

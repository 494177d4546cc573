namespace Devcontainer.Prebuild.CI;

/// <summary>A CI system: how it tells what it builds, and how it is told what came out.</summary>
internal interface ICISystem
{
    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>Whether this build runs there.</summary>
    bool IsActive(CIEnvironment environment);

    /// <summary>What is built.</summary>
    SourceRevision Read(CIEnvironment environment, IBuildReporter reporter);

    /// <summary>Where this build runs, and what the system says that it is built from.</summary>
    BuildOrigin Origin(CIEnvironment environment);

    /// <summary>Hands what was published to the steps and people after this one.</summary>
    /// <exception cref="IOException">A file of the system's cannot be written.</exception>
    void Write(CIEnvironment environment, PublishReport report, IBuildReporter reporter);
}

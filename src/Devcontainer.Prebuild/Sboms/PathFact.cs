namespace Devcontainer.Prebuild.Sboms;

/// <summary>What a layer has at a wanted path.</summary>
internal abstract record PathFact;

/// <summary>A file.</summary>
/// <param name="Evidence">What its cataloger made of it.</param>
internal sealed record FileFact(object? Evidence) : PathFact;

/// <summary>A symbolic link.</summary>
/// <param name="Target">As written.</param>
internal sealed record SymbolicLinkFact(string Target) : PathFact;

/// <summary>A hard link to a file that was not wanted under its own path, or is in a layer below.</summary>
/// <param name="Target">Path of the file.</param>
/// <param name="Layer">The layer that has the link, counted from the lowest.</param>
internal sealed record HardLinkFact(string Target, int Layer) : PathFact;

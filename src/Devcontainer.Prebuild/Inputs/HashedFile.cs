namespace Devcontainer.Prebuild.Inputs;

/// <summary>One entry of what the build is given.</summary>
/// <param name="Path">Path in it, with <c>/</c>.</param>
/// <param name="Mode"><c>file</c>, <c>executable</c> or <c>symlink</c>; folders come by the files in them, empty ones as <c>folder</c>.</param>
/// <param name="Sha256">Digest of the content, or of a link's target; 64 hexadecimal digits.</param>
public sealed record HashedFile(string Path, string Mode, string Sha256);

namespace Devcontainer.Spec;

/// <summary>Paths inside the container: always with slashes, whatever machine this runs on.</summary>
internal static class ContainerPath
{
    /// <summary>The last part, as <c>path.posix.basename</c> gives it.</summary>
    public static string FileName(string path)
    {
        ReadOnlySpan<char> trimmed = path.AsSpan().TrimEnd('/');
        return trimmed[(trimmed.LastIndexOf('/') + 1)..].ToString();
    }
}

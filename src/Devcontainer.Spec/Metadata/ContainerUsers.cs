namespace Devcontainer.Spec;

/// <summary>Who runs what in the container.</summary>
/// <param name="Image">The user that the image names, <c>root</c> where it names none.</param>
/// <param name="Container">The user that the container's processes run as.</param>
/// <param name="Remote">The user that tools and lifecycle commands run as.</param>
public sealed record ContainerUsers(string Image, string Container, string Remote);

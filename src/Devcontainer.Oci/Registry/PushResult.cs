namespace Devcontainer.Oci;

/// <summary>What a push did; the manifests of an image count as blobs.</summary>
/// <param name="Existing">Blobs that the repository had.</param>
/// <param name="Mounted">Blobs that it took over from another repository of its registry.</param>
/// <param name="Uploaded">Blobs that were sent.</param>
/// <param name="UploadedBytes">The size of those that were sent.</param>
public sealed record PushResult(int Existing, int Mounted, int Uploaded, long UploadedBytes);

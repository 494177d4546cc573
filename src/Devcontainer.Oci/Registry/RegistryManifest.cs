namespace Devcontainer.Oci;

/// <summary>A manifest or index as a registry holds it.</summary>
/// <param name="Descriptor">Its media type, digest and size; the digest is that of the bytes.</param>
/// <param name="Bytes">Its JSON.</param>
public sealed record RegistryManifest(Descriptor Descriptor, ReadOnlyMemory<byte> Bytes);

namespace Devcontainer.Prebuild;
internal static class RegistryAccess
{
    internal static Devcontainer.Oci.RegistryClient Connect(PrebuildRequest request) => new(request.RegistryMirrors);
}

using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild;

/// <summary>The registry client as a request wants it: its mirrors, and docker's credentials of its environment.</summary>
internal static class RegistryAccess
{
    internal static RegistryClient Connect(PrebuildRequest request, IProcessRunner processes)
    {
        var mirrors = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string registry, string mirror) in request.RegistryMirrors)
        {
            mirrors[registry] = mirror;
        }

        string workspace = request.WorkspaceFolder ?? Path.GetDirectoryName(request.ConfigFile)!;
        return new RegistryClient(new RegistryClientOptions
        {
            Mirrors = mirrors,
            InsecureRegistries = request.InsecureRegistries,
            Credentials = new DockerConfig(
                DockerConfig.Folder(name => request.Environment.GetValueOrDefault(name)),
                new CredentialProgram(processes, request.Environment, workspace)),
        });
    }
}

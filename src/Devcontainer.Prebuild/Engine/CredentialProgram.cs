using System.ComponentModel;
using System.Text;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Engine;

/// <summary>Runs docker's credential helpers, found as docker itself is: on PATH, never in the repository.</summary>
internal sealed class CredentialProgram(IProcessRunner processes, IReadOnlyDictionary<string, string> environment, string workspaceFolder)
    : ICredentialHelper
{
    // What a shell says of a program that is not there.
    private const int NotFound = 127;

    // A helper may open a dialogue, but not for ever.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <inheritdoc />
    public async Task<(int ExitCode, string Output)> GetAsync(string program, string server, CancellationToken cancellationToken)
    {
        if (DockerLocator.TryFind(program, environment, workspaceFolder) is not { } path)
        {
            return (NotFound, string.Empty);
        }

        var output = new StringBuilder();
        try
        {
            ProcessResult result = await processes.RunAsync(
                new ProcessRequest
                {
                    FileName = path,
                    Arguments = ["get"],
                    WorkingDirectory = Path.GetDirectoryName(path)!,
                    Environment = environment,
                    Input = async (stream, token) => await stream.WriteAsync(Encoding.UTF8.GetBytes(server), token).ConfigureAwait(false),
                    OnOutput = line => output.Append(line).Append('\n'),
                    Timeout = Timeout,
                },
                cancellationToken).ConfigureAwait(false);
            return (result.ExitCode, output.ToString());
        }
        catch (Win32Exception)
        {
            return (NotFound, string.Empty);
        }
    }
}

namespace Devcontainer.Oci;

/// <summary>Runs docker's credential helper programs. This library starts no process, so whoever does implements it.</summary>
public interface ICredentialHelper
{
    /// <summary>Runs <c>program get</c> with the server on standard input (protocol of docker/docker-credential-helpers).</summary>
    /// <param name="program">Such as <c>docker-credential-desktop</c>: a bare name, to be looked up in the PATH only.</param>
    /// <param name="server">What goes to standard input.</param>
    /// <param name="cancellationToken">Cancels, and ends the program.</param>
    /// <returns>Exit code and standard output, which holds the secret. A program that is not there has the exit code 127.</returns>
    Task<(int ExitCode, string Output)> GetAsync(string program, string server, CancellationToken cancellationToken);
}

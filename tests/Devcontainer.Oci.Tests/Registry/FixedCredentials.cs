namespace Devcontainer.Oci.Tests;

/// <summary>Credentials by registry, and how often each was asked for.</summary>
internal sealed class FixedCredentials(params (string Registry, Credential Credential)[] known) : ICredentialSource
{
    internal List<string> Asked { get; } = [];

    public ValueTask<Credential?> FindAsync(string registry, CancellationToken cancellationToken)
    {
        lock (Asked)
        {
            Asked.Add(registry);
        }

        return ValueTask.FromResult<Credential?>(known.FirstOrDefault(k => k.Registry == registry).Credential);
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

internal static class Expect
{
    /// <summary>Runs what must fail with exactly this code, and gives the diagnostic back.</summary>
    public static Diagnostic Error(string code, Action action)
    {
        DevcontainerException error = Assert.ThrowsExactly<DevcontainerException>(action);
        Assert.AreEqual(code, error.Diagnostic.Code, error.Message);
        Assert.IsFalse(error.Message.Contains("{0}", StringComparison.Ordinal), error.Message);
        return error.Diagnostic;
    }

    /// <inheritdoc cref="Error(string, Action)"/>
    public static async Task<Diagnostic> ErrorAsync(string code, Func<Task> action)
    {
        DevcontainerException error = await Assert.ThrowsExactlyAsync<DevcontainerException>(action);
        Assert.AreEqual(code, error.Diagnostic.Code, error.Message);
        return error.Diagnostic;
    }
}

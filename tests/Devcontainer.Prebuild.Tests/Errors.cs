using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Tests;

/// <summary>Asserts that something fails with a coded error, and gives the diagnostic for a closer look.</summary>
internal static class Errors
{
    internal static Diagnostic Expect(string code, Action action) => Check(code, Assert.ThrowsExactly<DevcontainerException>(action));

    internal static async Task<Diagnostic> ExpectAsync(string code, Func<Task> action) =>
        Check(code, await Assert.ThrowsExactlyAsync<DevcontainerException>(action));

    private static Diagnostic Check(string code, DevcontainerException e)
    {
        Assert.AreEqual(code, e.Diagnostic.Code, e.Message);
        return e.Diagnostic;
    }
}

using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

/// <summary>Asserts that something fails with a coded error, and gives its message for a closer look.</summary>
internal static class Errors
{
    internal static string Expect(string code, Action action) => Check(code, Assert.ThrowsExactly<DevcontainerException>(action));

    internal static async Task<string> ExpectAsync(string code, Func<Task> action) =>
        Check(code, await Assert.ThrowsExactlyAsync<DevcontainerException>(action));

    private static string Check(string code, DevcontainerException e)
    {
        Assert.AreEqual(code, e.Diagnostic.Code, e.Message);
        return e.Message;
    }
}

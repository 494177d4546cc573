using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Engine;

namespace Devcontainer.Prebuild.Tests.Engine;

/// <summary>A docker of the repository's own is never run (FAULTS 57).</summary>
[TestClass]
[TestCategory("Unix")]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class DockerLocatorTests
{
    [TestMethod]
    public void The_first_that_can_be_run_outside_the_workspace_is_found()
    {
        using var folder = new TestFolder();
        Executable(folder, "workspace/docker");
        Executable(folder, "workspace/tools/docker");
        folder.Write("plain/docker", "not executable");
        string expected = Executable(folder, "bin/docker");
        string path = string.Join(':', ".", "", folder["workspace"], folder["workspace/tools"], folder["workspace/../workspace"], folder["missing"], folder["plain"], folder["bin"]);
        Assert.AreEqual(expected, DockerLocator.Find(new Dictionary<string, string> { ["PATH"] = path }, folder["workspace"]));
    }

    [TestMethod]
    public void None_at_all_is_an_error()
    {
        using var folder = new TestFolder();
        var error = Assert.Throws<DevcontainerException>(() => DockerLocator.Find(new Dictionary<string, string> { ["PATH"] = "." }, folder.Path));
        Assert.AreEqual(Codes.DockerNotFound, error.Diagnostic.Code);
    }

    private static string Executable(TestFolder folder, string name)
    {
        string path = folder.Write(name, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}

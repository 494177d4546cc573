namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>What tests of the packed SDK share: workspaces that go with the test, and whose binary logs stay when it fails.</summary>
public abstract class SdkTests
{
    private readonly List<Workspace> _workspaces = [];

    /// <summary>The test that runs.</summary>
    public TestContext TestContext { get; set; } = null!;

    /// <summary>A workspace for this test.</summary>
    private protected Workspace NewWorkspace(string name = "repo")
    {
        var workspace = new Workspace(name);
        _workspaces.Add(workspace);
        return workspace;
    }

    /// <summary>Keeps the logs of a test that failed, in artifacts/test-logs.</summary>
    [TestCleanup]
    public void KeepLogsOfFailure()
    {
        foreach (Workspace workspace in _workspaces)
        {
            if (TestContext.CurrentTestOutcome != UnitTestOutcome.Passed)
            {
                foreach (string log in Directory.EnumerateFiles(workspace.Logs))
                {
                    string kept = Repository.At($"artifacts/test-logs/{TestContext.TestName}/{Path.GetFileName(log)}");
                    Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
                    File.Copy(log, kept, overwrite: true);
                    TestContext.AddResultFile(kept);
                }
            }

            workspace.Dispose();
        }
    }
}

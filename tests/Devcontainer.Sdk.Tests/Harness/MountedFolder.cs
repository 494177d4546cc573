namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>A folder on a small disk of its own: a tmpfs.</summary>
internal sealed class MountedFolder : IAsyncDisposable
{
    private readonly string _path;

    private MountedFolder(string path) => _path = path;

    /// <summary>Makes one.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="size">How much goes into it, as mount has it: <c>4m</c>.</param>
    internal static async Task<MountedFolder> CreateAsync(string path, string size)
    {
        Directory.CreateDirectory(path);
        CommandResult mount = await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=" + size, "tmpfs", path], "/");
        if (mount.ExitCode != 0)
        {
            Assert.Inconclusive("This root may not mount: " + mount.Report);
        }

        return new MountedFolder(path);
    }

    /// <summary>Changes its size.</summary>
    internal async Task ResizeAsync(string size)
    {
        CommandResult mount = await Command.RunAsync("mount", ["-o", "remount,size=" + size, _path], "/");
        Assert.AreEqual(0, mount.ExitCode, mount.Report);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await Command.RunAsync("umount", ["-l", _path], "/");
}

/// <summary>A test that mounts a file system, which only root on Linux can.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsMountAttribute() : ConditionBaseAttribute(ConditionMode.Include)
{
    /// <inheritdoc />
    public override string GroupName => "Mount";

    /// <inheritdoc />
    public override bool IsConditionMet => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;
}

using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Tests.Sboms;
using Devcontainer.Prebuild.Verify;

namespace Devcontainer.Prebuild.Tests.Verify;

/// <summary>An SSH server in the image is hardened.</summary>
[TestClass]
public sealed class SshdGateTests
{
    [TestMethod]
    public async Task Without_a_server_there_is_nothing_to_harden() => Assert.IsEmpty(await FindAsync(new TestLayer().File("etc/ssh/sshd_config", "PermitRootLogin yes\n")));

    [TestMethod]
    public async Task What_is_open_is_found()
    {
        CollectionAssert.AreEqual(new[] { "password-authentication" }, await FindAsync(Server("")));
        CollectionAssert.AreEqual(Array.Empty<string>(), await FindAsync(Server("PasswordAuthentication no\nPermitRootLogin no\n")));
        CollectionAssert.AreEqual(
            new[] { "permit-root-login", "permit-empty-passwords", "password-authentication" },
            await FindAsync(Server("permitrootlogin YES\n# PasswordAuthentication no\nPermitEmptyPasswords yes\n")));
        CollectionAssert.AreEqual(
            new[] { "password-authentication", "host-key" }, await FindAsync(Server("PermitRootLogin prohibit-password\n").File("etc/ssh/ssh_host_rsa_key", "key")));
    }

    [TestMethod]
    public async Task Of_several_values_the_first_counts_and_those_of_some_users_do_not()
    {
        CollectionAssert.AreEqual(
            Array.Empty<string>(),
            await FindAsync(Server("Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nPasswordAuthentication yes\n")
                .File("etc/ssh/sshd_config.d/10-team.conf", "PermitRootLogin no\nPasswordAuthentication no\n")));
        CollectionAssert.AreEqual(
            new[] { "permit-root-login" },
            await FindAsync(Server("PasswordAuthentication no\nPermitRootLogin yes\nInclude /etc/ssh/sshd_config.d/*.conf\n")
                .File("etc/ssh/sshd_config.d/10-team.conf", "PermitRootLogin no\n")));
        CollectionAssert.AreEqual(Array.Empty<string>(), await FindAsync(Server("PasswordAuthentication no\nMatch User admin\n  PermitRootLogin yes\n")));
    }

    [TestMethod]
    public async Task A_later_layer_may_mend_it()
    {
        using var image = new LayeredImage(
            Server("PermitRootLogin yes\n").File("etc/ssh/ssh_host_rsa_key", "key"),
            new TestLayer().File("etc/ssh/sshd_config", "PasswordAuthentication no\n").Without("etc/ssh/ssh_host_rsa_key"));
        GateResult result = await image.RunAsync(static contents => new SshdGate(contents));
        Assert.AreEqual(GateOutcome.Clean, result.Outcome);
        Assert.AreEqual("the SSH server's settings and keys", result.Summary);
    }

    private static TestLayer Server(string settings) =>
        new TestLayer().Program("usr/sbin/sshd", UnixFileMode.UserRead | UnixFileMode.UserExecute).File("etc/ssh/sshd_config", settings);

    private static async Task<string[]> FindAsync(TestLayer layer)
    {
        using var image = new LayeredImage(layer);
        GateResult result = await image.RunAsync(static contents => new SshdGate(contents));
        Assert.IsTrue(result.Findings.All(static finding => finding.Diagnostic.Code == Codes.SshdOpen));
        return [.. result.Findings.Select(static finding => finding.Id)];
    }
}

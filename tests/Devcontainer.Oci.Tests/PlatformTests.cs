using Devcontainer.Diagnostics;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class PlatformTests
{
    [TestMethod]
    [DataRow("linux/amd64", "linux/amd64")]
    [DataRow("linux/x86_64", "linux/amd64")]
    [DataRow("linux/x86-64", "linux/amd64")]
    [DataRow("linux/amd64/v1", "linux/amd64")]
    [DataRow("linux/amd64/v3", "linux/amd64/v3")]
    [DataRow("amd64", "linux/amd64")]
    [DataRow("Linux/AMD64", "linux/amd64")]
    [DataRow(" linux/amd64 ", "linux/amd64")]
    [DataRow("linux/aarch64", "linux/arm64")]
    [DataRow("linux/arm64/v8", "linux/arm64")]
    [DataRow("linux/arm64/8", "linux/arm64")]
    [DataRow("aarch64", "linux/arm64")]
    [DataRow("linux/arm", "linux/arm/v7")]
    [DataRow("linux/arm/7", "linux/arm/v7")]
    [DataRow("linux/arm/v6", "linux/arm/v6")]
    [DataRow("armhf", "linux/arm/v7")]
    [DataRow("armel", "linux/arm/v6")]
    [DataRow("linux/i386", "linux/386")]
    [DataRow("riscv64", "linux/riscv64")]
    [DataRow("linux/s390x", "linux/s390x")]
    public void A_platform_is_normalised(string text, string expected)
    {
        Platform platform = Platform.Parse(text);
        Assert.AreEqual(expected, platform.ToString());
        Assert.AreEqual(platform, Platform.Parse(platform.ToString()));
        Assert.AreEqual(expected.Replace('/', '-'), platform.FileName);
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow("")]
    [DataRow("/")]
    [DataRow("linux")]
    [DataRow("linux/")]
    [DataRow("linux/amd64/")]
    [DataRow("linux/amd64/v1/x")]
    [DataRow("linux/amd65")]
    [DataRow("linux/arm/v9")]
    [DataRow("windows/amd64")]
    [DataRow("darwin/arm64")]
    [DataRow("unknown/unknown")]
    [DataRow("linux/../amd64")]
    [DataRow("linux/amd64,linux/arm64")]
    [DataRow("--platform")]
    public void What_no_dev_container_runs_on_is_refused_with_what_is_allowed(string? text)
    {
        Assert.IsFalse(Platform.TryParse(text, out _));
        string message = Errors.Expect(Codes.PlatformInvalid, () => Platform.Parse(text));
        Assert.Contains("linux/arm64", message);
    }

    [TestMethod]
    public void The_host_is_a_linux_platform_that_parses_to_itself() => Assert.AreEqual(Platform.Host, Platform.Parse(Platform.Host.ToString()));

    [TestMethod]
    public void Every_platform_that_the_message_lists_is_allowed()
    {
        string message = Errors.Expect(Codes.PlatformInvalid, () => Platform.Parse("nothing"));
        string list = message[(message.IndexOf("Allowed: ", StringComparison.Ordinal) + 9)..message.IndexOf(';', StringComparison.Ordinal)];
        foreach (string name in list.Split(", "))
        {
            Assert.AreEqual(name, Platform.Parse(name).ToString());
        }
    }
}

using System.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>Compares with what dpkg itself says inside the running image; needs the engine and registry of <c>eng/engine.sh</c>.</summary>
[TestClass]
public sealed class RealImageTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow("linux/amd64")]
    [DataRow("linux/arm64")]
    public async Task The_packages_are_those_that_dpkg_lists_in_the_container(string platform)
    {
        string? registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY");
        if (string.IsNullOrEmpty(registry))
        {
            Assert.Inconclusive("DEVCONTAINER_TEST_REGISTRY is not set: run eng/engine.sh up.");
        }

        // A package removed with its configuration left, one on hold, one purged, and documentation deleted, each in a layer above.
        string dockerfile = $"""
            FROM {registry}/devcontainers/base:bookworm
            RUN dpkg --remove --force-depends ca-certificates && echo "bash hold" | dpkg --set-selections
            RUN dpkg --purge --force-depends curl && rm -r /usr/share/doc/bash

            """;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("devcontainer-sbom-");
        string tag = $"devcontainer-sbom-test:{folder.Name.ToLowerInvariant()}";
        try
        {
            string[] build = ["buildx", "build", "--quiet", "--provenance=false", "--platform", platform];
            await DockerAsync(dockerfile, [.. build, "--output", $"type=oci,tar=false,dest={folder.FullName}", "-"]);
            await DockerAsync(dockerfile, [.. build, "--load", "--tag", tag, "-"]);
            string listed = await DockerAsync(
                "",
                ["run", "--rm", "--platform", platform, tag, "dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\\n"]);

            OciLayout layout = OciLayout.Open(folder.FullName);
            Descriptor manifest = layout.ReadIndex().Manifests.Single();
            Sbom sbom = await SbomGenerator.GenerateAsync(
                layout, manifest, TestImage.Request with { Platform = Platform.Parse(platform) }, TestContext.CancellationToken);

            string[] lines = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            string[] expected = [.. lines
                .Where(line => line.StartsWith("installed ", StringComparison.Ordinal))
                .Select(line => line["installed ".Length..])
                .Order(StringComparer.Ordinal)];
            Assert.HasCount(1, lines.Where(line => line.StartsWith("config-files ca-certificates ", StringComparison.Ordinal)));
            CollectionAssert.AreEqual(expected, SbomReader.DebianPackages(sbom.Json));
            Assert.AreEqual(expected.Length, sbom.PackageCount);
            SpdxRules.Check(sbom.Json);
            Assert.AreEqual("NOASSERTION", SbomReader.Package(sbom.Json, "bash").GetProperty("licenseDeclared").GetString());
            Assert.AreNotEqual("NOASSERTION", SbomReader.Package(sbom.Json, "git").GetProperty("licenseDeclared").GetString());
        }
        finally
        {
            folder.Delete(recursive: true);
            await DockerAsync("", ["image", "rm", "--force", tag]);
        }
    }

    private async Task<string> DockerAsync(string input, string[] arguments)
    {
        var start = new ProcessStartInfo("docker", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process docker = Process.Start(start)!;
        Task<string> output = docker.StandardOutput.ReadToEndAsync(TestContext.CancellationToken);
        Task<string> error = docker.StandardError.ReadToEndAsync(TestContext.CancellationToken);
        await docker.StandardInput.WriteAsync(input);
        docker.StandardInput.Close();
        await docker.WaitForExitAsync(TestContext.CancellationToken);
        Assert.AreEqual(0, docker.ExitCode, $"docker {string.Join(' ', arguments)}: {await error}");
        return await output;
    }
}

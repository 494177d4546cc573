using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>Compares with what package managers themselves say inside the running image; needs the engine and registry of <c>eng/engine.sh</c>.</summary>
[TestClass]
public sealed class RealImageTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow("linux/amd64")]
    [DataRow("linux/arm64")]
    public async Task The_packages_are_those_that_dpkg_lists_in_the_container(string platform)
    {
        // A package removed with its configuration left, one on hold, one purged, and documentation deleted, each in a layer above.
        string dockerfile = $"""
            FROM {EngineImage.Registry}/devcontainers/base:bookworm
            RUN dpkg --remove --force-depends ca-certificates && echo "bash hold" | dpkg --set-selections
            RUN dpkg --purge --force-depends curl && rm -r /usr/share/doc/bash

            """;
        await using EngineImage image = await EngineImage.BuildAsync(dockerfile, platform, TestContext.CancellationToken);
        string[] lines = await image.RunAsync(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\\n"], TestContext.CancellationToken);
        Sbom sbom = await image.GenerateAsync(TestContext.CancellationToken);

        string[] expected = [.. lines
            .Where(line => line.StartsWith("installed ", StringComparison.Ordinal))
            .Select(line => line["installed ".Length..])
            .Order(StringComparer.Ordinal)];
        Assert.HasCount(1, lines.Where(line => line.StartsWith("config-files ca-certificates ", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(expected, SbomReader.DebianPackages(sbom.Json));
        SpdxRules.Check(sbom.Json);
        Assert.AreEqual("NOASSERTION", SbomReader.Package(sbom.Json, "bash").GetProperty("licenseDeclared").GetString());
        Assert.AreNotEqual("NOASSERTION", SbomReader.Package(sbom.Json, "git").GetProperty("licenseDeclared").GetString());
    }

    [TestMethod]
    public async Task The_packages_are_those_that_dotnet_npm_and_Python_list_in_the_container()
    {
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") != "1")
        {
            Assert.Inconclusive("It takes minutes: eng/test.sh --all.");
        }

        string dockerfile = $"""
            FROM {EngineImage.Registry}/devcontainers/dotnet:10.0
            RUN apt-get update && apt-get install --yes --no-install-recommends npm python3-pip python3-requests
            RUN npm install --global typescript@5 express@4 && mkdir /srv/app && cd /srv/app && npm init --yes && npm install eslint@9
            RUN npm uninstall --global typescript

            """;
        await using EngineImage image = await EngineImage.BuildAsync(dockerfile, "linux/amd64", TestContext.CancellationToken);
        Sbom sbom = await image.GenerateAsync(TestContext.CancellationToken);
        SpdxRules.Check(sbom.Json);
        string[] purls = SbomReader.Purls(sbom.Json);
        CollectionAssert.AreEqual(sbom.Json, (await image.GenerateAsync(TestContext.CancellationToken)).Json);

        // "10.0.401 [/usr/share/dotnet/sdk]", "Microsoft.NETCore.App 10.0.12 [/usr/share/dotnet/shared/Microsoft.NETCore.App]"
        string[] sdks = [.. (await image.RunAsync(["dotnet", "--list-sdks"], TestContext.CancellationToken)).Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(sdks.Select(version => $"pkg:generic/dotnet-sdk@{version}").ToArray(), Of(purls, "pkg:generic/dotnet-sdk@"));
        Assert.AreNotEqual(0, sdks.Length);
        foreach (string line in await image.RunAsync(["dotnet", "--list-runtimes"], TestContext.CancellationToken))
        {
            string[] words = line.Split(' ');
            Assert.Contains($"pkg:nuget/{words[0]}.Runtime.linux-x64@{words[1]}", purls);
        }

        foreach (string folder in (string[])["/usr/local/lib", "/srv/app"])
        {
            // "path:name@version:…", the folder itself first.
            string[] lines = await image.RunAsync(["npm", "ls", "--all", "--parseable", "--long", "--prefix", folder], TestContext.CancellationToken);
            string[] listed = [.. lines.Skip(1).Select(line => $"pkg:npm/{line.Split(':')[1].Replace("@", "%40", StringComparison.Ordinal)}")];
            Assert.IsGreaterThan(50, listed.Length);
            CollectionAssert.IsSubsetOf(listed, purls.Select(purl => purl.Replace("@", "%40", StringComparison.Ordinal)).ToArray());
        }

        Assert.IsEmpty(Of(purls, "pkg:npm/typescript@5."));

        const string Python = "import importlib.metadata as m\nfor d in m.distributions(): print('pkg:pypi/' + d.metadata['Name'].lower().replace('_', '-') + '@' + d.version)";
        string[] distributions = [.. (await image.RunAsync(["python3", "-c", Python], TestContext.CancellationToken)).Distinct().Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(distributions, Of(purls, "pkg:pypi/"));
        Assert.IsGreaterThan(5, distributions.Length);
    }

    private static string[] Of(string[] purls, string start) => [.. purls.Where(purl => purl.StartsWith(start, StringComparison.Ordinal))];
}

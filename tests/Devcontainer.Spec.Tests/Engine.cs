using System.ComponentModel;
using System.Diagnostics;
using Json = System.Text.Json.Nodes;

namespace Devcontainer.Spec.Tests;

/// <summary>The real engine, for the long tests: what we say of a build is held against what it does.</summary>
internal sealed class Engine
{
    private readonly string registry;

    private Engine(string registry) => this.registry = registry;

    /// <summary>The engine that <c>eng/test.sh --all</c> has set up; without it the test is skipped.</summary>
    public static Engine Require()
    {
        string? registry = Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_REGISTRY");
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") != "1" || registry is null)
        {
            Assert.Inconclusive("A long test that needs an engine: eng/test.sh --all");
        }

        return new Engine(registry!);
    }

    /// <summary>A target of a bake file that exports an OCI layout; <c>base</c> is Debian.</summary>
    public Json.JsonObject Target(
        string context, string dockerfile, string image, string? stage = null, IReadOnlyDictionary<string, string>? arguments = null)
    {
        var target = new Json.JsonObject
        {
            ["context"] = context,
            ["dockerfile"] = dockerfile,
            ["platforms"] = new Json.JsonArray("linux/amd64"),
            ["contexts"] = new Json.JsonObject { ["base"] = $"docker-image://{registry}/library/debian:bookworm" },
            ["args"] = new Json.JsonObject { ["SOURCE_DATE_EPOCH"] = "315532800" },
            ["output"] = new Json.JsonArray($"type=oci,dest={image},tar=false,rewrite-timestamp=true"),
            ["no-cache"] = true,
        };
        if (stage is not null)
        {
            target["target"] = stage;
        }

        foreach ((string name, string value) in arguments ?? new Dictionary<string, string>())
        {
            // In bake's JSON every string is a template.
            target["args"]![name] = value.Replace("${", "$${", StringComparison.Ordinal).Replace("%{", "%%{", StringComparison.Ordinal);
        }

        return target;
    }

    /// <summary>Builds all targets, some at a time.</summary>
    public static async Task BakeAsync(TemporaryFolder work, Json.JsonObject targets)
    {
        foreach (KeyValuePair<string, Json.JsonNode?>[] some in targets.Chunk(8))
        {
            var definition = new Json.JsonObject
            {
                ["group"] = new Json.JsonObject
                {
                    ["default"] = new Json.JsonObject { ["targets"] = new Json.JsonArray([.. some.Select(target => (Json.JsonNode)target.Key)]) },
                },
                ["target"] = new Json.JsonObject(some.Select(target => KeyValuePair.Create(target.Key, target.Value?.DeepClone()))),
            };

            // Many builds at once that take no time: some are over before buildx asks how they are, and that fails the call.
            int exitCode = 1;
            string output = "no such job";
            for (int attempt = 0; exitCode != 0 && attempt < 5 && output.Contains("no such job", StringComparison.Ordinal); attempt++)
            {
                foreach ((string name, Json.JsonNode? target) in some)
                {
                    string image = target!["output"]![0]!.GetValue<string>().Split("dest=")[1].Split(',')[0];
                    if (Directory.Exists(image))
                    {
                        Directory.Delete(image, recursive: true);
                    }
                }

                (exitCode, output) = await RunAsync(
                    definition.ToJsonString(), "buildx", "bake", $"--allow=fs={work.Path}", "--progress=plain", "--provenance=false", "-f", "-");
            }

            Assert.AreEqual(0, exitCode, output);
        }
    }

    public static async Task<bool> KnowsParentsAsync(TemporaryFolder work)
    {
        string dockerfile = work.Write("parents/Dockerfile", "FROM scratch\nCOPY --parents Dockerfile /\n");
        (int exitCode, _) = await RunAsync("", "buildx", "build", "--output=type=cacheonly", "-f", dockerfile, Path.GetDirectoryName(dockerfile)!);
        return exitCode == 0;
    }

    /// <summary>The digest of the one manifest of a layout.</summary>
    public static string Digest(string layout) =>
        Json.JsonNode.Parse(File.ReadAllText(Path.Combine(layout, "index.json")))!["manifests"]![0]!["digest"]!.GetValue<string>();

    /// <summary>The configuration of the one image of a layout.</summary>
    public static Json.JsonNode Configuration(string layout) => Blob(layout, Manifest(layout)["config"]!["digest"]!.GetValue<string>());

    /// <summary>The file of the last layer of the one image of a layout.</summary>
    public static string LastLayer(string layout) => BlobPath(layout, Manifest(layout)["layers"]!.AsArray()[^1]!["digest"]!.GetValue<string>());

    private static Json.JsonNode Manifest(string layout)
    {
        Json.JsonNode manifest = Blob(layout, Digest(layout));
        return manifest["manifests"] is { } manifests ? Blob(layout, manifests[0]!["digest"]!.GetValue<string>()) : manifest;
    }

    private static Json.JsonNode Blob(string layout, string digest) => Json.JsonNode.Parse(File.ReadAllText(BlobPath(layout, digest)))!;

    private static string BlobPath(string layout, string digest) => Path.Combine(layout, "blobs", "sha256", digest["sha256:".Length..]);

    private static async Task<(int ExitCode, string Output)> RunAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("docker", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            return (process.ExitCode, await output + await error);
        }
        catch (Win32Exception exception)
        {
            Assert.Inconclusive($"There is no docker command: {exception.Message}");
            throw;
        }
    }
}

using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Tests;

/// <summary>Compares what we make of configurations with what the reference CLI made of them. Every difference is expected, and documented.</summary>
[TestClass]
public sealed class OracleTests
{
    public TestContext TestContext { get; set; } = null!;

    public static IEnumerable<TestDataRow<string>> Names =>
        OracleCase.All.Select(one => new TestDataRow<string>(one.Name) { DisplayName = one.Name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task We_agree_with_the_reference_but_for_documented_differences(string name)
    {
        OracleCase one = OracleCase.All.Single(candidate => candidate.Name == name);
        List<Difference> differences = await CompareAsync(one);
        foreach (Difference difference in differences.Where(difference => !one.Differs.ContainsKey(difference.Aspect)))
        {
            Assert.Fail($"{difference.Aspect}\nreference: {difference.Reference}\nours:      {difference.Ours}");
        }

        foreach (string aspect in one.Differs.Keys)
        {
            Assert.IsTrue(differences.Exists(difference => difference.Aspect == aspect), $"The {aspect} no longer differs.");
        }
    }

    [TestMethod]
    public void JSON_is_read_as_the_parser_of_the_reference_reads_it()
    {
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Oracle", "answers", "jsonc.txt")))
        {
            string[] pair = [.. line.Split('\t').Select(text => ((JsonString)JsonNode.Parse(text)).Value)];
            Assert.AreEqual(pair[1], JsonNode.Parse(pair[0]).ToJson(), pair[0]);
        }
    }

    [TestMethod]
    public void Every_divergence_is_documented_and_shown_by_a_case()
    {
        string[] documented = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Oracle", "divergences.md"))
            .Where(line => line.StartsWith("## `", StringComparison.Ordinal)).Select(line => line.Trim('#', ' ', '`'))];
        string[] shown = [.. OracleCase.All.SelectMany(one => one.Differs.Values).Distinct()];
        CollectionAssert.AreEquivalent(documented, shown);
    }

    [TestMethod]
    public void The_suite_says_how_much_agrees()
    {
        OracleCase[] written = [.. OracleCase.All.Where(static one => !one.Name.StartsWith("graphs: ", StringComparison.Ordinal))];
        int refused = written.Count(static one => one.Refused is not null);
        int agree = OracleCase.All.Count(static one => one.Differs.Count == 0);
        TestContext.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{OracleCase.All.Count} configurations ({written.Length} written, {refused} of them refused; the others random): {agree} agree, {OracleCase.All.Count - agree} differ by a documented divergence."));
        Assert.IsGreaterThanOrEqualTo(150, written.Length);
        Assert.IsGreaterThanOrEqualTo(30, refused);
    }

    /// <summary>Each property of the schemas, in each of its types, is in a configuration or Feature that the reference was asked about.</summary>
    [TestMethod]
    public void The_cases_use_all_that_the_schemas_allow()
    {
        var used = new HashSet<string>();
        foreach (OracleCase one in OracleCase.All.Where(static one => one.Refused is null))
        {
            foreach (JsonProperty file in (JsonObject)one.Case["files"]!)
            {
                string name = Path.GetFileName(file.Name).TrimStart('.');
                AddPlaces(used, name, "", file.Value);
            }

            foreach (JsonProperty feature in one.Case["registry"] as JsonObject ?? JsonObject.Empty)
            {
                AddPlaces(used, "devcontainer-feature.json", "", ((JsonObject)feature.Value)["metadata"]!);
            }
        }

        string[] schema = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Oracle", "schema.txt")).Where(static line => line[0] != '#')];
        Assert.IsGreaterThan(200, schema.Length);
        Assert.AreEqual("", string.Join('\n', schema.Where(line => !used.Contains(line))));
    }

    // A name, and * for any: which of the two the schema says depends on the place.
    private static void AddPlaces(HashSet<string> used, string file, string place, JsonNode node)
    {
        string type = node switch
        {
            JsonNull => "null",
            JsonBoolean => "boolean",
            JsonNumber => "integer",
            JsonArray => "array",
            JsonObject => "object",
            _ => "string",
        };
        used.Add($"{file} {place}: {type}");
        switch (node)
        {
            case JsonString or JsonBoolean:
                used.Add($"{file} {place} = {node.ToJson()}");
                break;
            case JsonArray array:
                foreach (JsonNode item in array)
                {
                    AddPlaces(used, file, place + "[]", item);
                }

                break;
            case JsonObject properties:
                foreach (JsonProperty property in properties)
                {
                    string before = place.Length == 0 ? "" : place + ".";
                    AddPlaces(used, file, before + property.Name, property.Value);
                    AddPlaces(used, file, before + "*", property.Value);
                }

                break;
        }
    }

    private static async Task<List<Difference>> CompareAsync(OracleCase one)
    {
        var differences = new List<Difference>();
        using var workspace = new Workspace(one);
        Ours ours;
        try
        {
            ours = await Ours.CreateAsync(one, workspace);
        }
        catch (DevcontainerException e)
        {
            Assert.AreEqual(one.Refused, e.Diagnostic.Code, e.Message);
            Differ("outcome", one.Build["exit"]!.ToJson() == "0" ? "accepted" : "refused", "refused");
            return differences;
        }

        Assert.IsNull(one.Refused, "We accept what we are to refuse.");
        Differ("outcome", one.Build["exit"]!.ToJson() == "0" ? "accepted" : "refused", "accepted");
        if (one.Read["exit"]!.ToJson() == "0")
        {
            Differ("configuration", one.Read["configuration"], ours.Configuration.Root);
            Differ("mergedConfiguration", one.Read["mergedConfiguration"], ours.Metadata.Merge(ours.Configuration));
            Differ("workspaceFolder", one.Read.GetString("workspaceFolder"), ours.Configuration.ContainerWorkspaceFolder);
            JsonObject[] features = [.. ((JsonArray)one.Read["features"]!).Cast<JsonObject>()];
            Differ("order", Lines(features, "id"), string.Join('\n', ours.Features.Select(files => files.Feature.Id)));
            Differ("folders", Lines(features, "folder"), string.Join('\n', ours.Features.Select(files => files.FolderName)));
            Differ("versions", Lines(features, "version"), string.Join('\n', ours.Features.Select(files => files.Feature.Version)));
        }

        if (one.Build["exit"]!.ToJson() == "0")
        {
            Differ("label", one.Build.GetString("label"), ours.Metadata.ToLabel());
            if (one.Build.GetString("users") is { } users)
            {
                Differ("users", users, $"_CONTAINER_USER={ours.Users.Container}\n_REMOTE_USER={ours.Users.Remote}\n");
            }

            string lockfile = FeatureLockfile.Create(ours.Features.Select(files => files.Feature)).ToText();
            Differ("lockfile", one.Build.GetString("lockfile"), one.Build.GetString("lockfile") is null && ours.Features.Count == 0 ? null : lockfile);
            foreach (FeatureInstallFiles files in ours.Features)
            {
                var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
                foreach ((string variable, string value) in files.Variables)
                {
                    variables[variable] = value;
                }

                Differ(
                    "environments",
                    ((JsonObject)one.Build["environments"]!)[files.FolderName],
                    new JsonObject(variables.Select(variable => new JsonProperty(variable.Key, new JsonString(variable.Value)))));
            }
        }

        return differences;

        void Differ(string aspect, object? reference, object? our)
        {
            string text = (our?.ToString() ?? "").Replace(workspace.Folder, "/case/repo", StringComparison.Ordinal);
            if ((reference?.ToString() ?? "") != text)
            {
                differences.Add(new Difference(aspect, reference?.ToString() ?? "", text));
            }
        }

        static string Lines(JsonObject[] features, string name) => string.Join('\n', features.Select(feature => feature.GetString(name)));
    }

    /// <summary>What we make of a case.</summary>
    private sealed record Ours(
        DevcontainerConfiguration Configuration, IReadOnlyList<FeatureInstallFiles> Features, ImageMetadata Metadata, ContainerUsers Users)
    {
        public static async Task<Ours> CreateAsync(OracleCase one, Workspace workspace)
        {
            JsonObject environment = one.Case["env"] as JsonObject ?? JsonObject.Empty;
            DevcontainerConfiguration configuration = workspace.Load(new SubstitutionContext
            {
                LocalEnv = environment.GetString,
                AllowedEnvironment = new HashSet<string> { "VALUE", "EMPTY", "NONE" },
            });
            var sources = new FeatureSources { Local = new LocalFeatureSource(configuration), Remote = new OracleRegistry(one) };
            IReadOnlyList<ResolvedFeature> features = await FeatureInstallOrder.ResolveAsync(configuration, sources, CancellationToken.None);
            string? label = (one.Image?["Labels"] as JsonObject)?.GetString(ImageMetadata.Label);
            ImageMetadata metadata = ImageMetadata.Parse(label, "image", []).With(features, configuration);
            return new Ours(
                configuration,
                FeatureInstallFiles.Create(features),
                metadata,
                ContainerUsers.Resolve(configuration, metadata, configuration.Build is { } build ? UserOf(build, one.Image) : one.Image?.GetString("User")));
        }

        /// <summary>The user of a Dockerfile's target; whatever image it is made from says the same.</summary>
        private static string? UserOf(DockerfileBuild build, JsonObject? image)
        {
            var environment = (image?["Env"] as JsonArray ?? new JsonArray([])).Select(static variable => ((JsonString)variable).Value.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
            return ResolvedDockerfile.Resolve(DockerfileDocument.Load(build.Dockerfile), new DockerfileInputs
            {
                Platform = "linux/amd64",
                Target = build.Target,
                BuildArguments = new Dictionary<string, string>(build.Args),
                BaseImages = _ => new BaseImage(environment, image?.GetString("User"), []),
            }).Target.User;
        }
    }

    private sealed record Difference(string Aspect, string Reference, string Ours);
}

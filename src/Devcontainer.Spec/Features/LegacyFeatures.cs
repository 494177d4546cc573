namespace Devcontainer.Spec;

/// <summary>
/// Old short names that became an option of another Feature: <c>gradle</c> and <c>maven</c> of java, <c>jupyterlab</c> of python
/// (devcontainers/cli, updateDeprecatedFeaturesIntoOptions).
/// </summary>
internal static class LegacyFeatures
{
    private const string Collection = "ghcr.io/devcontainers/features/";

    /// <summary>Replaces the old names: their option is set on the Feature that has it now, which is added where it is not asked for.</summary>
    public static List<FeatureRequest> Expand(List<FeatureRequest> requests)
    {
        if (!requests.Exists(request => OptionOf(request.Id) is not null))
        {
            return requests;
        }

        var expanded = requests.FindAll(request => OptionOf(request.Id) is null);
        foreach (FeatureRequest old in requests)
        {
            if (OptionOf(old.Id) is not var (name, option))
            {
                continue;
            }

            var on = new JsonProperty(option, new JsonBoolean(true, old.Options.Position));
            int place = expanded.FindIndex(request => request.Id == name || request.Id == Collection + name
                || request.Id.StartsWith($"{Collection}{name}:", StringComparison.Ordinal));
            if (place < 0)
            {
                expanded.Add(new FeatureRequest($"{Collection}{name}:1", new JsonObject([on]), old.Location));
            }
            else
            {
                expanded[place] = expanded[place] with { Options = With(expanded[place].Options, on) };
            }
        }

        return expanded;
    }

    private static JsonObject With(JsonNode options, JsonProperty on) => options switch
    {
        JsonObject given => new JsonObject([.. given, on], given.Position),
        JsonString version => new JsonObject([new JsonProperty("version", version, version.Position), on], version.Position),
        _ => new JsonObject([on], options.Position),
    };

    private static (string Name, string Option)? OptionOf(string id) => id switch
    {
        "gradle" => ("java", "installGradle"),
        "maven" => ("java", "installMaven"),
        "jupyterlab" => ("python", "installJupyterlab"),
        _ => null,
    };
}

using System.Globalization;

namespace Devcontainer.Spec;

/// <summary>
/// A configuration and all metadata of its image in one (specification, "Merge logic"), as <c>devcontainer read-configuration
/// --include-merged-configuration</c> gives it.
/// </summary>
internal static class MergedConfiguration
{
    private const string LocalPort = "localhost:";

    /// <summary>Merges.</summary>
    /// <param name="configuration">The configuration, variables replaced.</param>
    /// <param name="entries">All entries of the image's metadata, variables replaced.</param>
    public static JsonObject Create(JsonObject configuration, IReadOnlyList<JsonObject> entries)
    {
        var merged = new Builder(configuration);
        foreach (string replaced in (string[])
            [
                "customizations", "entrypoint", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand",
                "postAttachCommand", "shutdownAction",
            ])
        {
            merged.Set(replaced, null);
        }

        merged.Set("init", new JsonBoolean(entries.Any(entry => IsTruthy(entry["init"]))));
        merged.Set("privileged", new JsonBoolean(entries.Any(entry => IsTruthy(entry["privileged"]))));
        merged.Set("capAdd", Union(entries, "capAdd"));
        merged.Set("securityOpt", Union(entries, "securityOpt"));
        merged.Set("entrypoints", ArrayOrNothing(Truthy(entries, "entrypoint")));
        merged.Set("mounts", Mounts(entries));
        merged.Set("customizations", Customizations(entries));
        foreach (string hook in (string[])["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"])
        {
            merged.Set(hook + "s", new JsonArray([.. Truthy(entries, hook)]));
        }

        merged.Set("waitFor", Truthy(entries, "waitFor").LastOrDefault());
        merged.Set("remoteUser", Truthy(entries, "remoteUser").LastOrDefault());
        merged.Set("containerUser", Truthy(entries, "containerUser").LastOrDefault());
        merged.Set("userEnvProbe", Truthy(entries, "userEnvProbe").LastOrDefault());
        merged.Set("remoteEnv", Assign(entries, "remoteEnv"));
        merged.Set("containerEnv", Assign(entries, "containerEnv"));
        merged.Set("overrideCommand", LastBoolean(entries, "overrideCommand"));
        merged.Set("portsAttributes", Assign(entries, "portsAttributes"));
        merged.Set("otherPortsAttributes", Truthy(entries, "otherPortsAttributes").LastOrDefault());
        merged.Set("forwardPorts", ForwardPorts(entries));
        merged.Set("shutdownAction", Truthy(entries, "shutdownAction").LastOrDefault());
        merged.Set("updateRemoteUserUID", LastBoolean(entries, "updateRemoteUserUID"));
        merged.Set("hostRequirements", HostRequirements(entries));
        return merged.ToObject();
    }

    /// <summary>What counts as set in JavaScript.</summary>
    internal static bool IsTruthy(JsonNode? node) => node switch
    {
        null or JsonNull => false,
        JsonBoolean { Value: bool value } => value,
        JsonNumber { Value: double value } => value != 0 && !double.IsNaN(value),
        JsonString { Value: string value } => value.Length > 0,
        _ => true,
    };

    /// <summary>The values of a property in all entries that set it.</summary>
    internal static IEnumerable<JsonNode> Truthy(IReadOnlyList<JsonObject> entries, string name) =>
        entries.Select(entry => entry[name]).Where(IsTruthy)!;

    private static JsonNode? LastBoolean(IReadOnlyList<JsonObject> entries, string name) =>
        entries.Select(entry => entry[name]).LastOrDefault(value => value is JsonBoolean);

    private static JsonArray? ArrayOrNothing(IEnumerable<JsonNode> items)
    {
        var array = new JsonArray([.. items]);
        return array.Count == 0 ? null : array;
    }

    private static JsonArray? Union(IReadOnlyList<JsonObject> entries, string name) =>
        ArrayOrNothing(Items(entries, name).DistinctBy(item => item.ToJson(), StringComparer.Ordinal));

    private static IEnumerable<JsonNode> Items(IReadOnlyList<JsonObject> entries, string name) =>
        Truthy(entries, name).SelectMany(value => value is JsonArray array ? array : (IEnumerable<JsonNode>)[value]);

    /// <summary>All properties of all objects; later ones win, in the place of the first.</summary>
    private static JsonObject Assign(IReadOnlyList<JsonObject> entries, string name) =>
        new(Truthy(entries, name).OfType<JsonObject>().SelectMany(value => value));

    /// <summary>The last mount of each target.</summary>
    private static JsonArray? Mounts(IReadOnlyList<JsonObject> entries)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        return ArrayOrNothing(Items(entries, "mounts").Reverse().Where(mount => targets.Add(Target(mount))).Reverse());

        static string Target(JsonNode mount)
        {
            string target = "";
            if (mount is JsonObject properties)
            {
                return properties.GetString("target") ?? "";
            }

            foreach (string part in mount is JsonString text ? text.Value.Split(',') : [])
            {
                string[] pair = part.Split('=');
                if (pair[0] is "target" or "destination" or "dst")
                {
                    target = pair.Length > 1 ? pair[1] : "";
                }
            }

            return target;
        }
    }

    /// <summary>By tool, what each entry says to it.</summary>
    private static JsonObject? Customizations(IReadOnlyList<JsonObject> entries)
    {
        var byTool = new List<(string Tool, List<JsonNode> Values)>();
        foreach (JsonProperty property in Truthy(entries, "customizations").OfType<JsonObject>().SelectMany(value => value))
        {
            int place = byTool.FindIndex(tool => tool.Tool == property.Name);
            if (place < 0)
            {
                place = byTool.Count;
                byTool.Add((property.Name, []));
            }

            byTool[place].Values.Add(property.Value);
        }

        return byTool.Count == 0 ? null : new JsonObject(byTool.Select(tool => new JsonProperty(tool.Tool, new JsonArray(tool.Values))));
    }

    /// <summary>Each port once; a local one is a number, however it is written.</summary>
    private static JsonArray? ForwardPorts(IReadOnlyList<JsonObject> entries)
    {
        return ArrayOrNothing(Items(entries, "forwardPorts").Select(Canonical).DistinctBy(port => port.ToJson(), StringComparer.Ordinal));

        static JsonNode Canonical(JsonNode port)
        {
            if (port is not JsonString { Value: string text } || !text.StartsWith(LocalPort, StringComparison.Ordinal))
            {
                return port;
            }

            string digits = string.Concat(text[LocalPort.Length..].TakeWhile(char.IsAsciiDigit));
            return digits.Length == 0 ? port : new JsonNumber(double.Parse(digits, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The most of each that any entry asks for.</summary>
    private static JsonObject? HostRequirements(IReadOnlyList<JsonObject> entries)
    {
        JsonObject[] all = [.. Truthy(entries, "hostRequirements").OfType<JsonObject>()];
        double cpus = all.Select(requirements => requirements["cpus"] is JsonNumber number ? number.Value : 0).Append(0).Max();
        double memory = Most(all, "memory");
        double storage = Most(all, "storage");
        JsonNode? gpu = all.Select(requirements => requirements["gpu"]).Aggregate((JsonNode?)null, MergeGpu);
        if (cpus == 0 && memory == 0 && storage == 0 && !IsTruthy(gpu))
        {
            return null;
        }

        return new Builder(JsonObject.Empty)
            .Set("cpus", new JsonNumber(cpus))
            .Set("memory", Bytes(memory))
            .Set("storage", Bytes(storage))
            .Set("gpu", gpu)
            .ToObject();
    }

    private static double Most(IEnumerable<JsonObject> requirements, string name) =>
        requirements.Select(one => ParseBytes(one.GetString(name))).Append(0).Max();

    private static JsonString? Bytes(double value) => value == 0 ? null : new JsonString(JsonText.Number(value));

    /// <summary>A whole number with <c>tb</c>, <c>gb</c>, <c>mb</c>, <c>kb</c> or nothing behind it; anything else is 0.</summary>
    private static double ParseBytes(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        (string number, string unit) = digits < 0 ? (text, "") : (text[..digits], text[digits..]);
        double factor = unit switch
        {
            "" => 1,
            "kb" => 1024d,
            "mb" => 1024d * 1024,
            "gb" => 1024d * 1024 * 1024,
            "tb" => 1024d * 1024 * 1024 * 1024,
            _ => 0,
        };
        return number.Length == 0 ? 0 : double.Parse(number, CultureInfo.InvariantCulture) * factor;
    }

    private static JsonNode? MergeGpu(JsonNode? a, JsonNode? b)
    {
        if (a is null or JsonBoolean { Value: false })
        {
            return b;
        }

        if (b is null or JsonBoolean { Value: false })
        {
            return a;
        }

        if (a is JsonString { Value: "optional" } && b is JsonString { Value: "optional" })
        {
            return a;
        }

        JsonObject[] both = [a as JsonObject ?? JsonObject.Empty, b as JsonObject ?? JsonObject.Empty];
        double cores = both.Select(gpu => gpu["cores"] is JsonNumber number ? number.Value : 0).Max();
        return new Builder(JsonObject.Empty)
            .Set("cores", cores == 0 ? null : new JsonNumber(cores))
            .Set("memory", Bytes(Most(both, "memory")))
            .ToObject();
    }

    /// <summary>An object under construction, with JavaScript's order: what is set again keeps its place, unless it was removed.</summary>
    private sealed class Builder(JsonObject start)
    {
        private readonly List<JsonProperty> properties = [.. start];

        public Builder Set(string name, JsonNode? value)
        {
            int place = properties.FindIndex(property => property.Name == name);
            if (value is null)
            {
                if (place >= 0)
                {
                    properties.RemoveAt(place);
                }
            }
            else if (place >= 0)
            {
                properties[place] = new JsonProperty(name, value);
            }
            else
            {
                properties.Add(new JsonProperty(name, value));
            }

            return this;
        }

        public JsonObject ToObject() => new(properties);
    }
}

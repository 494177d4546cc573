using System.Text.Json;

namespace Devcontainer.Prebuild.Build;

/// <summary>One platform's build.</summary>
internal sealed record BakeTarget
{
    /// <summary>Name of the target, <c>linux-arm64</c>.</summary>
    internal required string Name { get; init; }

    /// <summary>The platform, <c>linux/arm64</c>.</summary>
    internal required string Platform { get; init; }

    /// <summary>Absolute path of the main context.</summary>
    internal required string Context { get; init; }

    /// <summary>Absolute path of the Dockerfile.</summary>
    internal required string Dockerfile { get; init; }

    /// <summary>Stage to build, or null for the last.</summary>
    internal string? Stage { get; init; }

    /// <summary>Build arguments.</summary>
    internal required IReadOnlyList<KeyValuePair<string, string>> Arguments { get; init; }

    /// <summary>Labels, exact.</summary>
    internal required IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; }

    /// <summary>Named contexts: base images by digest, Features as OCI layouts.</summary>
    internal required IReadOnlyList<KeyValuePair<string, string>> Contexts { get; init; }

    /// <summary>Secrets, as buildx's <c>--secret</c> takes them: names of variables and files, never values.</summary>
    internal required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>Agents and keys, as buildx's <c>--ssh</c> takes them.</summary>
    internal IReadOnlyList<string> Ssh { get; init; } = [];

    /// <summary>Names of hosts and their addresses.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Hosts { get; init; } = [];

    /// <summary>The network of the instructions; null for the usual one.</summary>
    internal string? Network { get; init; }

    /// <summary>Size of /dev/shm; null for the usual one.</summary>
    internal string? ShmSize { get; init; }

    /// <summary>Limits, as buildx's <c>--ulimit</c> takes them.</summary>
    internal IReadOnlyList<string> Ulimits { get; init; } = [];

    /// <summary>What the instructions may do besides.</summary>
    internal IReadOnlyList<string> Entitlements { get; init; } = [];

    /// <summary>Caches to import.</summary>
    internal required IReadOnlyList<string> CacheFrom { get; init; }

    /// <summary>Caches to export.</summary>
    internal required IReadOnlyList<string> CacheTo { get; init; }

    /// <summary>Absolute path of the empty folder that receives the OCI layout; null where only caches are written.</summary>
    internal required string? Destination { get; init; }

    /// <summary>Whether to build every instruction anew.</summary>
    internal bool NoCache { get; init; }

    /// <summary>Stages to build anew.</summary>
    internal IReadOnlyList<string> NoCacheStages { get; init; } = [];

    /// <summary>Whether to ask registries for the base images although the engine has them.</summary>
    internal bool Pull { get; init; }
}

/// <summary>
/// The definition that buildx bake reads from standard input: one target per platform, each with an empty destination of its own (two targets that
/// export into one folder race). In bake's JSON every string is an HCL template, a name too, so <c>${</c> and <c>%{</c> are doubled to stay what
/// they are.
/// </summary>
internal static class BakeDefinition
{
    /// <summary>The definition's bytes.</summary>
    internal static byte[] Write(IReadOnlyList<BakeTarget> targets)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Indented))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("group");
            writer.WriteStartObject("default");
            WriteList(writer, "targets", targets.Select(static t => t.Name));
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteStartObject("target");
            foreach (BakeTarget target in targets)
            {
                WriteTarget(writer, target);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Doubles what an HCL template would take for its own.</summary>
    internal static string Escape(string value) =>
        value.Replace("${", "$${", StringComparison.Ordinal).Replace("%{", "%%{", StringComparison.Ordinal);

    /// <summary>One field of buildx's comma-separated options, quoted where it has to be (RFC 4180).</summary>
    internal static string CsvField(string field) =>
        field.AsSpan().IndexOfAny(",\"\n\r") < 0 ? field : "\"" + field.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static void WriteTarget(Utf8JsonWriter writer, BakeTarget target)
    {
        writer.WriteStartObject(target.Name);
        writer.WriteString("context", Escape(target.Context));
        writer.WriteString("dockerfile", Escape(target.Dockerfile));
        WriteIfAny(writer, "target", target.Stage);
        WriteList(writer, "platforms", [target.Platform]);
        WriteMap(writer, "args", target.Arguments);
        WriteMap(writer, "labels", target.Labels);
        WriteMap(writer, "contexts", target.Contexts);
        WriteList(writer, "secret", target.Secrets);
        WriteListIfAny(writer, "ssh", target.Ssh);
        WriteMap(writer, "extra-hosts", target.Hosts);
        WriteIfAny(writer, "network", target.Network);
        WriteIfAny(writer, "shm-size", target.ShmSize);
        WriteListIfAny(writer, "ulimits", target.Ulimits);
        WriteListIfAny(writer, "entitlements", target.Entitlements);
        WriteList(writer, "cache-from", target.CacheFrom);
        WriteList(writer, "cache-to", target.CacheTo);
        WriteList(writer, "output", [target.Destination is { } folder ? $"type=oci,{CsvField("dest=" + folder)},tar=false,rewrite-timestamp=true" : "type=cacheonly"]);
        if (target.NoCache)
        {
            writer.WriteBoolean("no-cache", true);
        }

        WriteListIfAny(writer, "no-cache-filter", target.NoCacheStages);
        if (target.Pull)
        {
            writer.WriteBoolean("pull", true);
        }

        writer.WriteEndObject();
    }

    private static void WriteIfAny(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, Escape(value));
        }
    }

    // What few builds have, and older buildx do not know.
    private static void WriteListIfAny(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            WriteList(writer, name, values);
        }
    }

    private static void WriteMap(Utf8JsonWriter writer, string name, IReadOnlyList<KeyValuePair<string, string>> map)
    {
        if (map.Count == 0)
        {
            return;
        }

        // The last of several with one name, as on docker's command line; bake refuses the same name twice.
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string key, string value) in map)
        {
            last[key] = value;
        }

        writer.WriteStartObject(name);
        foreach ((string key, string value) in last)
        {
            writer.WriteString(Escape(key), Escape(value));
        }

        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(Escape(value));
        }

        writer.WriteEndArray();
    }
}

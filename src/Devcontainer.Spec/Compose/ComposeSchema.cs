using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>The parts of Compose files that an image is made by, each in one of the ways in which it may be written (Compose specification, "services" and "build").</summary>
internal static class ComposeSchema
{
    private static ReadOnlySpan<string> BuildNames => (string[])
    [
        "context", "dockerfile", "dockerfile_inline", "entitlements", "args", "ssh", "labels", "cache_from", "cache_to", "no_cache", "no_cache_filter", "additional_contexts",
        "network", "provenance", "sbom", "pull", "target", "shm_size", "extra_hosts", "isolation", "privileged", "secrets", "tags", "ulimits", "platforms",
    ];

    /// <summary>Only read where a name is unknown.</summary>
    private static ReadOnlySpan<string> ServiceNames => (string[])
    [
        "develop", "deploy", "annotations", "attach", "build", "blkio_config", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command", "configs", "container_name",
        "cpu_count", "cpu_percent", "cpu_shares", "cpu_quota", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpus", "cpuset", "credential_spec", "depends_on",
        "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "env_file", "label_file", "environment", "expose", "extends",
        "provider", "external_links", "extra_hosts", "gpus", "group_add", "healthcheck", "hostname", "image", "init", "ipc", "isolation", "labels", "links", "logging",
        "mac_address", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "network_mode", "models", "networks", "oom_kill_disable", "oom_score_adj", "pid",
        "pids_limit", "platform", "ports", "post_start", "pre_stop", "privileged", "profiles", "pull_policy", "read_only", "restart", "runtime", "scale", "security_opt",
        "shm_size", "secrets", "sysctls", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "tmpfs", "tty", "ulimits", "use_api_socket", "user", "uts",
        "userns_mode", "volumes", "volumes_from", "working_dir",
    ];

    /// <summary>Whether an image may depend on a property.</summary>
    /// <param name="section"><c>services</c> or <c>secrets</c>.</param>
    /// <param name="property">The property.</param>
    internal static bool IsUsed(string section, string property) => section == "services" ? property is "image" or "build" or "user" or "extends" : property is "file" or "environment" or "external";

    /// <summary>The value of a property in the one form that merging and reading know, paths absolute.</summary>
    /// <param name="value">As it is written, variables replaced.</param>
    /// <param name="section"><c>services</c> or <c>secrets</c>.</param>
    /// <param name="property">The property.</param>
    /// <param name="path">Its owner's, for messages.</param>
    /// <param name="folder">What paths are relative to.</param>
    /// <exception cref="DevcontainerException">DEVC1011: it is of a kind that it cannot be.</exception>
    internal static YamlNode Canonical(YamlNode value, string section, string property, string path, string folder) => (section, property, value) switch
    {
        ("services", "build", YamlScalar { Kind: ScalarKind.String } context) => new YamlMapping(
            new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal) { ["context"] = Absolute(context, folder) }, context.Location, context.Tag),
        ("services", "build", YamlMapping build) => Map(build, (name, part) => (name, part) switch
        {
            ("context", YamlScalar context) => Absolute(context, folder),
            ("args" or "labels" or "additional_contexts" or "ssh", YamlSequence list) => Pairs(list, $"{path}.build.{name}"),
            ("ssh", YamlScalar { Kind: ScalarKind.String } one) => Pairs(new YamlSequence([one], one.Location, one.Tag), $"{path}.build.{name}"),
            ("extra_hosts", YamlMapping hosts) => Hosts(hosts),
            ("no_cache_filter", YamlScalar { Kind: ScalarKind.String } stage) => new YamlSequence([stage], stage.Location, stage.Tag),
            _ => part,
        }),
        ("services", "build", YamlScalar { Kind: ScalarKind.Null }) => value,
        ("services", "build", _) => throw Invalid(value, $"{path}.build", "it is neither a path nor a mapping"),
        ("secrets", "file", YamlScalar file) => new YamlScalar(Path.GetFullPath(file.Text, folder), ScalarKind.String, file.Location, file.Tag),
        _ => value,
    };

    /// <summary>Warns of names that are probably misspelt.</summary>
    internal static void WarnOfService(YamlMapping service, string name, List<Diagnostic> warnings)
    {
        Warn(service, $"services.{name}.", ServiceNames, warnings);
        if (service["build"] is YamlMapping build)
        {
            Warn(build, $"services.{name}.build.", BuildNames, warnings);
        }
    }

    /// <summary>Whether a build context is on another machine (moby/buildkit, frontend/dockerui/context.go).</summary>
    internal static bool IsRemote(string context) =>
        context.Contains("://", StringComparison.Ordinal)
        || context.StartsWith("github.com/", StringComparison.Ordinal)
        || context.StartsWith("git@", StringComparison.Ordinal)
        || context.StartsWith("service:", StringComparison.Ordinal);

    private static void Warn(YamlMapping mapping, string prefix, ReadOnlySpan<string> known, List<Diagnostic> warnings)
    {
        foreach ((string name, YamlNode value) in mapping.Entries)
        {
            if (!name.StartsWith("x-", StringComparison.Ordinal) && !known.Contains(name) && Spelling.Nearest(name, known) is { } nearest)
            {
                warnings.Add(Diagnostic.Create(Codes.PropertyMisspelt, value.Location, JsonText.Escape(prefix + name), prefix + nearest));
            }
        }
    }

    private static YamlMapping Map(YamlMapping mapping, Func<string, YamlNode, YamlNode> change)
    {
        var entries = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach ((string name, YamlNode value) in mapping.Entries)
        {
            entries[name] = change(name, value);
        }

        return new YamlMapping(entries, mapping.Location, mapping.Tag);
    }

    private static YamlScalar Absolute(YamlScalar context, string folder) => context.Kind != ScalarKind.String || IsRemote(context.Text) ? context
        : new YamlScalar(Path.GetFullPath(context.Text, folder), ScalarKind.String, context.Location, context.Tag);

    // NAME=value, or NAME alone.
    private static YamlMapping Pairs(YamlSequence list, string path)
    {
        var entries = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (YamlNode item in list.Items)
        {
            string text = (item as YamlScalar)?.Text ?? throw Invalid(item, path, "it is no list of NAME=value");
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            entries[equals < 0 ? text : text[..equals]] = equals < 0
                ? new YamlScalar("", ScalarKind.Null, item.Location)
                : new YamlScalar(text[(equals + 1)..], ScalarKind.String, item.Location);
        }

        return new YamlMapping(entries, list.Location, list.Tag);
    }

    private static YamlSequence Hosts(YamlMapping hosts) => new(
        [
            .. hosts.Entries.SelectMany(static host => (host.Value is YamlSequence several ? several.Items : [host.Value]).OfType<YamlScalar>(),
                static YamlNode (host, address) => new YamlScalar($"{host.Key}={address.Text}", ScalarKind.String, address.Location)),
        ],
        hosts.Location,
        hosts.Tag);

    private static DevcontainerException Invalid(YamlNode node, string path, string reason) => new(Codes.ComposeInvalid, node.Location, $"'{JsonText.Escape(path)}'", reason);
}

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>The arguments that every build has (moby/buildkit <c>frontend/dockerfile/dockerfile2llb/platform.go</c>).</summary>
internal static class PlatformArguments
{
    /// <summary>Adds <c>TARGETPLATFORM</c>, <c>BUILDARCH</c> and so on; build arguments of the same name win.</summary>
    public static void Add(Dictionary<string, string> variables, DockerfileInputs inputs, string? targetStage)
    {
        Add(variables, inputs, "BUILD", inputs.BuildPlatform ?? inputs.Platform);
        Add(variables, inputs, "TARGET", inputs.Platform);
        Set(variables, inputs, "TARGETSTAGE", targetStage ?? "default");
    }

    /// <summary>Architecture names as containerd normalises them.</summary>
    public static string Normalize(string platform)
    {
        (string os, string architecture, string variant) = Split(platform);
        return variant.Length == 0 ? $"{os}/{architecture}" : $"{os}/{architecture}/{variant}";
    }

    private static void Add(Dictionary<string, string> variables, DockerfileInputs inputs, string prefix, string platform)
    {
        (string os, string architecture, string variant) = Split(platform);
        Set(variables, inputs, prefix + "PLATFORM", Normalize(platform));
        Set(variables, inputs, prefix + "OS", os);
        Set(variables, inputs, prefix + "OSVERSION", string.Empty);
        Set(variables, inputs, prefix + "ARCH", architecture);
        Set(variables, inputs, prefix + "VARIANT", variant);
    }

    private static void Set(Dictionary<string, string> variables, DockerfileInputs inputs, string name, string value) =>
        variables[name] = inputs.BuildArguments.TryGetValue(name, out string? given) ? given : value;

    private static (string Os, string Architecture, string Variant) Split(string platform)
    {
        string[] parts = platform.ToLowerInvariant().Split('/');
        string os = parts.Length > 1 ? parts[0] : "linux";
        string architecture = parts.Length > 1 ? parts[1] : parts[0];
        string variant = parts.Length > 2 ? parts[2] : string.Empty;
        return (os, architecture, variant) switch
        {
            (_, "x86_64" or "x86-64" or "amd64", var v) => (os, "amd64", v == "v1" ? string.Empty : v),
            (_, "aarch64" or "arm64", var v) => (os, "arm64", v is "8" or "v8" ? string.Empty : v),
            (_, "i386", _) => (os, "386", string.Empty),
            (_, "armhf", _) => (os, "arm", "v7"),
            (_, "armel", _) => (os, "arm", "v6"),
            (_, "arm", "" or "7") => (os, "arm", "v7"),
            (_, "arm", "5" or "6" or "8") => (os, "arm", "v" + variant),
            _ => (os, architecture, variant),
        };
    }
}

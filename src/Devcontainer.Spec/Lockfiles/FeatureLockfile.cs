using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// The lock file of Features, <c>devcontainer-lock.json</c> (specification, "Lockfile"): what each id was found to be. Written byte for byte as
/// the reference CLI does (devcontainers/cli, src/spec-configuration/lockfile.ts). Local Features are not in it: the repository has them.
/// </summary>
/// <param name="Features">The Features, in the file's order.</param>
public sealed record FeatureLockfile(IReadOnlyList<LockedFeature> Features)
{
    /// <summary>A lock file that says nothing.</summary>
    public static FeatureLockfile Empty { get; } = new([]);

    /// <summary>Where a configuration's lock file is: beside it, and hidden if it is.</summary>
    /// <param name="configurationFile">Path of devcontainer.json.</param>
    public static string PathFor(string configurationFile) => Path.Combine(
        Path.GetDirectoryName(configurationFile) ?? "",
        Path.GetFileName(configurationFile).StartsWith('.') ? ".devcontainer-lock.json" : "devcontainer-lock.json");

    /// <summary>Reads a lock file; null where there is none. An empty one says nothing.</summary>
    /// <param name="file">Its path.</param>
    /// <exception cref="DevcontainerException">It cannot be read.</exception>
    public static FeatureLockfile? Load(string file)
    {
        JsonNode root;
        try
        {
            // Made by hand to ask for a lock file: nothing, or an empty line.
            if (new FileInfo(file).Length < 16 && string.IsNullOrWhiteSpace(File.ReadAllText(file)))
            {
                return Empty;
            }

            root = JsonNode.Load(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        var shape = new JsonShape(file);
        var features = new List<LockedFeature>();
        foreach (JsonProperty feature in shape.OptionalObject(shape.Object(root, ""), "features", "features") ?? JsonObject.Empty)
        {
            string path = $"features.{feature.Name}";
            JsonObject locked = shape.Object(feature.Value, path);
            features.Add(new LockedFeature(
                feature.Name,
                shape.OptionalString(locked, "version", path + ".version"),
                Required(locked, "resolved"),
                Required(locked, "integrity"),
                shape.Strings(locked, "dependsOn", path + ".dependsOn")));

            string Required(JsonObject parent, string name)
            {
                string where = $"{path}.{name}";
                shape.Expect(parent[name] ?? new JsonNull(parent.Position), JsonKinds.String, where);
                return shape.OptionalString(parent, name, where)!;
            }
        }

        return new FeatureLockfile(features);
    }

    /// <summary>The lock file for Features that were found.</summary>
    /// <param name="features">The Features, in any order; one that was found twice under one id is there as the last.</param>
    public static FeatureLockfile Create(IEnumerable<ResolvedFeature> features)
    {
        var locked = new List<LockedFeature>();
        foreach (ResolvedFeature feature in features)
        {
            if (feature.Digest is not { } digest)
            {
                continue;
            }

            locked.RemoveAll(other => other.Id == feature.Id);
            locked.Add(new LockedFeature(
                feature.Id, feature.Version, feature.Resolved, digest, [.. feature.Metadata.DependsOn.Select(dependency => dependency.Id)]));
        }

        locked.Sort((a, b) => Collation.Compare(a.Id, b.Id));
        return new FeatureLockfile(locked);
    }

    /// <summary>What the file says of an id; null where it says nothing.</summary>
    public LockedFeature? Find(string id)
    {
        foreach (LockedFeature feature in Features)
        {
            if (feature.Id == id)
            {
                return feature;
            }
        }

        return null;
    }

    /// <summary>The file's text.</summary>
    public string ToText()
    {
        var features = new JsonObject(Features.Select(feature =>
        {
            var properties = new List<JsonProperty>();
            if (feature.Version is not null)
            {
                properties.Add(new JsonProperty("version", new JsonString(feature.Version)));
            }

            properties.Add(new JsonProperty("resolved", new JsonString(feature.Resolved)));
            properties.Add(new JsonProperty("integrity", new JsonString(feature.Integrity)));
            if (feature.DependsOn.Count > 0)
            {
                properties.Add(new JsonProperty("dependsOn", new JsonArray([.. feature.DependsOn.Select(id => new JsonString(id))])));
            }

            return new JsonProperty(feature.Id, new JsonObject(properties));
        }));
        return new JsonObject([new JsonProperty("features", features)]).ToJson(2) + "\n";
    }

    /// <summary>Refuses Features that a lock file does not name as they were found, and says which.</summary>
    /// <param name="file">The lock file's path.</param>
    /// <param name="locked">What it says; null where there is none.</param>
    /// <exception cref="DevcontainerException">A Feature is not in it, is another one there, or is there and no longer used.</exception>
    public void RequireSameAs(string file, FeatureLockfile? locked)
    {
        var differences = new List<string>();
        foreach (LockedFeature feature in Features)
        {
            LockedFeature? other = locked?.Find(feature.Id);
            if (other is null)
            {
                differences.Add($"'{JsonText.Escape(feature.Id)}' is not in it");
            }
            else if (!feature.Equals(other))
            {
                differences.Add($"'{JsonText.Escape(feature.Id)}' is {Describe(other)} in it and was found to be {Describe(feature)}");
            }
        }

        foreach (LockedFeature feature in locked?.Features ?? [])
        {
            if (Find(feature.Id) is null)
            {
                differences.Add($"'{JsonText.Escape(feature.Id)}' is in it and not used");
            }
        }

        if (differences.Count > 0)
        {
            throw new DevcontainerException(Codes.FeatureLockDiffers, new SourceLocation(file), file, string.Join("; ", differences));
        }

        static string Describe(LockedFeature feature) => JsonText.Escape($"{feature.Version ?? "no version"} ({feature.Integrity})");
    }
}

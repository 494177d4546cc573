namespace Devcontainer.Spec;

/// <summary>
/// When two Features are the same, which of two comes first, and which one an id means: the reference CLI's rules
/// (devcontainers/cli, src/spec-configuration/containerFeaturesOrder.ts, compareTo and satisfiesSoftDependency).
/// </summary>
internal static class FeatureComparison
{
    /// <summary>Whether installing both would be installing one thing twice: the same content with the same options.</summary>
    public static bool AreEqual(ResolvedFeature a, ResolvedFeature b) => a.Source == b.Source && Compare(a, b) == 0;

    /// <summary>Whether an id without options means this Feature, in whatever version.</summary>
    /// <param name="feature">The Feature.</param>
    /// <param name="reference">The id, read.</param>
    /// <param name="folder">The folder of the configuration, which local ids are relative to.</param>
    public static bool IsThat(ResolvedFeature feature, FeatureReference reference, string folder)
    {
        switch (feature.Reference, reference)
        {
            case (OciFeatureReference a, OciFeatureReference b):
                // One that was renamed may be there under its old name, and its metadata then says the new one.
                return a.Resource == b.Resource
                    || (a.Registry == b.Registry && a.Namespace == b.Namespace && feature.Metadata.CurrentId == b.Name);
            case (TarballFeatureReference a, TarballFeatureReference b):
                return a.Uri == b.Uri;
            case (LocalFeatureReference, LocalFeatureReference b):
                return feature.Folder == Path.TrimEndingDirectorySeparator(Path.GetFullPath(b.Id, folder));
            default:
                return false;
        }
    }

    /// <summary>The order within a round.</summary>
    public static int Compare(ResolvedFeature a, ResolvedFeature b)
    {
        if (ReferenceEquals(a, b))
        {
            return 0;
        }

        switch (a.Reference, b.Reference)
        {
            case (OciFeatureReference x, OciFeatureReference y):
                if (a.Digest == b.Digest && CompareOptions(a.Request.Options, b.Request.Options) == 0)
                {
                    return 0;
                }

                int resource = CompareResources(x, a.Metadata, y, b.Metadata);
                if (resource != 0)
                {
                    return resource;
                }

                if (x.Tag is not null && y.Tag is not null && x.Tag != y.Tag)
                {
                    return Collation.Compare(x.Tag, y.Tag);
                }

                int options = CompareOptions(a.Request.Options, b.Request.Options);
                return options != 0 ? options : Collation.Compare(a.Digest ?? "", b.Digest ?? "");
            case (TarballFeatureReference x, TarballFeatureReference y):
                return Then(Collation.Compare(x.Uri.AbsoluteUri, y.Uri.AbsoluteUri), a, b);
            case (LocalFeatureReference, LocalFeatureReference):
                return Then(Collation.Compare(a.Folder, b.Folder), a, b);
            default:
                return Collation.Compare(a.Id, b.Id);
        }
    }

    private static int Then(int first, ResolvedFeature a, ResolvedFeature b) =>
        first != 0 ? first : CompareOptions(a.Request.Options, b.Request.Options);

    private static int CompareResources(OciFeatureReference a, FeatureMetadata ofA, OciFeatureReference b, FeatureMetadata ofB)
    {
        int collection = Collation.Compare($"{a.Registry}/{a.Namespace}", $"{b.Registry}/{b.Namespace}");
        if (collection != 0)
        {
            return collection;
        }

        bool sameName = Names(ofA).Intersect(Names(ofB), StringComparer.Ordinal).Any();
        return sameName ? 0 : Collation.Compare(a.Name, b.Name);

        static IEnumerable<string> Names(FeatureMetadata metadata) => metadata.LegacyIds.Prepend(metadata.CurrentId ?? metadata.Id);
    }

    /// <summary>Compares what was written, before defaults.</summary>
    private static int CompareOptions(JsonNode a, JsonNode b)
    {
        if (a is not JsonObject x || b is not JsonObject y)
        {
            return a.Kind == b.Kind ? CompareValues(a, b) : Collation.Compare(TypeName(a), TypeName(b));
        }

        if (x.Count != y.Count)
        {
            return x.Count - y.Count;
        }

        JsonProperty[] ofA = [.. x.OrderBy(property => property.Name, StringComparer.Ordinal)];
        JsonProperty[] ofB = [.. y.OrderBy(property => property.Name, StringComparer.Ordinal)];
        for (int i = 0; i < ofA.Length; i++)
        {
            if (ofA[i].Name != ofB[i].Name)
            {
                return Collation.Compare(ofA[i].Name, ofB[i].Name);
            }

            int value = CompareValues(ofA[i].Value, ofB[i].Value);
            if (value != 0)
            {
                return value;
            }
        }

        return 0;
    }

    /// <summary>Values of different types are not ordered, as in the reference: "true" and true mean the same to a script.</summary>
    private static int CompareValues(JsonNode a, JsonNode b) => (a, b) switch
    {
        (JsonString x, JsonString y) => Collation.Compare(x.Value, y.Value),
        (JsonBoolean x, JsonBoolean y) => x.Value.CompareTo(y.Value),
        (JsonNumber x, JsonNumber y) => x.Value.CompareTo(y.Value),
        _ => 0,
    };

    private static string TypeName(JsonNode node) => node switch
    {
        JsonString => "string",
        JsonBoolean => "boolean",
        JsonNumber => "number",
        _ => "object",
    };
}

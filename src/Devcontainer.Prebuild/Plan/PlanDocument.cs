using System.Text.Json;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Plan;

/// <summary>Writes <c>plan/plan.json</c>; docs/files.md describes it field by field.</summary>
internal static class PlanDocument
{
    internal const int Schema = 1;

    /// <summary>The file's name in the plan's folder.</summary>
    internal const string FileName = "plan.json";

    /// <summary>Writes the plan, unless the file has it already.</summary>
    internal static void Write(PrebuildPlan plan, string folder) => AtomicFile.WriteIfChanged(Path.Combine(folder, FileName), Serialize(plan));

    /// <summary>The file's bytes: the same for the same inputs.</summary>
    internal static byte[] Serialize(PrebuildPlan plan)
    {
        PrebuildInputs inputs = plan.Inputs;
        PlatformPlan first = plan.Platforms[0];
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Indented))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schema", Schema);
            writer.WritePropertyName("configuration");
            Write(writer, inputs.Configuration.Root);
            writer.WritePropertyName("mergedConfiguration");
            Write(writer, first.MergedConfiguration);
            writer.WriteStartArray("features");
            foreach (FeatureInput feature in inputs.Features)
            {
                WriteFeature(writer, feature);
            }

            writer.WriteEndArray();
            writer.WriteStartObject("users");
            writer.WriteString("image", first.Users.Image);
            writer.WriteString("container", first.Users.Container);
            writer.WriteString("remote", first.Users.Remote);
            writer.WriteEndObject();
            writer.WriteString("metadataLabel", first.MetadataLabel);
            writer.WriteStartArray("bases");
            foreach (ReceiptBase image in plan.Platforms.SelectMany(static platform => platform.Bases))
            {
                writer.WriteStartObject();
                writer.WriteString("reference", image.Reference);
                writer.WriteString("platform", image.Platform);
                writer.WriteString("digest", image.Digest);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartObject("buildArgs");
            foreach ((string name, string value) in inputs.BuildArguments)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
            writer.WriteStartArray("keys");
            foreach (CacheKey key in plan.Keys)
            {
                writer.WriteStartObject();
                writer.WriteString("tier", key.TierName);
                if (key.Platform is not null)
                {
                    writer.WriteString("platform", key.Platform);
                }

                writer.WriteString("key", key.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("inputs");
            foreach (ReceiptInput input in InputList.Of(inputs))
            {
                writer.WriteStartObject();
                writer.WriteString("path", input.Path);
                writer.WriteString("tier", input.Tier);
                writer.WriteString("projection", input.Projection);
                writer.WriteString("sha256", input.Sha256);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void WriteFeature(Utf8JsonWriter writer, FeatureInput feature)
    {
        writer.WriteStartObject();
        writer.WriteString("id", feature.Feature.Id);
        writer.WriteString("source", feature.Feature.Source);
        writer.WriteString("resolved", feature.Feature.Resolved);
        writer.WriteString("version", feature.Feature.Version);
        writer.WriteString("digest", feature.Digest);
        writer.WritePropertyName("options");
        Write(writer, feature.Feature.Options);
        writer.WriteEndObject();
    }

    // Laid out as the rest of the file.
    private static void Write(Utf8JsonWriter writer, JsonNode node)
    {
        using JsonDocument document = JsonDocument.Parse(node.ToJson());
        document.RootElement.WriteTo(writer);
    }
}

using System.Text.Json;
using Devcontainer.Oci;
using Devcontainer.Prebuild.CI;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sboms;

namespace Devcontainer.Prebuild.Attestations;

/// <summary>
/// How a platform's image was built (SLSA provenance 1, https://slsa.dev/spec/v1.0/provenance): from which base images, Features and commit, where,
/// and by which version of this SDK. Of build arguments and secrets it has the names and never a value, and no times and keys, so that the same image
/// has the same provenance. docs/provenance.md describes every field.
/// </summary>
internal static class Provenance
{
    /// <summary>What the parameters mean.</summary>
    internal const string BuildType = "https://devcontainer-sdk.com/prebuild/v1";

    /// <summary>The predicate.</summary>
    /// <param name="inputs">What the image was built from.</param>
    /// <param name="platform">The platform.</param>
    /// <param name="bases">The base images of that platform.</param>
    /// <param name="origin">Where it was built.</param>
    internal static byte[] Create(PrebuildInputs inputs, Platform platform, IEnumerable<ReceiptBase> bases, BuildOrigin origin)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonLayout.Compact))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("buildDefinition");
            writer.WriteString("buildType", BuildType);
            WriteParameters(writer, inputs, platform);
            writer.WriteStartArray("resolvedDependencies");
            WriteSource(writer, origin);
            foreach (ReceiptBase image in bases)
            {
                WriteDependency(writer, SbomDocument.Base(image, platform));
            }

            foreach (ReceiptFeature feature in ReceiptBuilder.Features(inputs))
            {
                WriteDependency(writer, SbomDocument.Feature(feature));
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            WriteRun(writer, origin);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteParameters(Utf8JsonWriter writer, PrebuildInputs inputs, Platform platform)
    {
        writer.WriteStartObject("externalParameters");
        string configuration = Path.GetRelativePath(inputs.Configuration.WorkspaceFolder, inputs.Request.ConfigFile);
        writer.WriteString("configuration", configuration.Replace(Path.DirectorySeparatorChar, '/'));
        writer.WriteString("platform", platform.ToString());
        JsonLayout.WriteTexts(writer, "buildArguments", inputs.BuildArguments.Select(static argument => argument.Key));
        JsonLayout.WriteTexts(writer, "secrets", inputs.Request.Secrets.Select(static secret => secret.Id));
        writer.WriteEndObject();
    }

    private static void WriteSource(Utf8JsonWriter writer, BuildOrigin origin)
    {
        if (origin.Repository is null)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("uri", origin.Reference is null ? $"git+{origin.Repository}" : $"git+{origin.Repository}@{origin.Reference}");
        if (origin.Commit is not null)
        {
            writer.WriteStartObject("digest");
            writer.WriteString("gitCommit", origin.Commit);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteDependency(Utf8JsonWriter writer, SpdxPackage package)
    {
        writer.WriteStartObject();
        writer.WriteString("name", package.Name);
        writer.WriteString("uri", package.Purl);
        if (package.Sha256 is { } digest)
        {
            writer.WriteStartObject("digest");
            writer.WriteString(digest.Algorithm, digest.Hex);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteRun(Utf8JsonWriter writer, BuildOrigin origin)
    {
        writer.WriteStartObject("runDetails");
        writer.WriteStartObject("builder");
        writer.WriteString("id", origin.Builder);
        writer.WriteStartObject("version");
        writer.WriteString(Tool.Name, Tool.Version);
        writer.WriteEndObject();
        writer.WriteEndObject();
        if (origin.Invocation is not null)
        {
            writer.WriteStartObject("metadata");
            writer.WriteString("invocationId", origin.Invocation);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}

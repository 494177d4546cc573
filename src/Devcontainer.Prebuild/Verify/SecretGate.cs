using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify.Content;
using Devcontainer.Prebuild.Verify.Secrets;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// Nothing in the image looks like a secret: no file of any layer, also none that a later layer deletes, no instruction of the history, no variable, no
/// label. What is told of a secret is where it is, what it looks like, and its first characters.
/// </summary>
internal sealed class SecretGate(ImageContents contents) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "secrets";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var platforms = new List<(string Platform, IReadOnlyList<Finding> Findings)>();
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            IReadOnlyList<LayerContent> layers = await contents.ReadAsync(image, platform, cancellationToken).ConfigureAwait(false);
            platforms.Add((platform.Platform, [.. OfLayers(image, platform, layers), .. OfConfiguration(image, platform.Config)]));
        }

        int read = image.Platforms.SelectMany(static platform => platform.Manifest.Layers).Select(static layer => layer.Digest).Distinct().Count();
        return GateResult.Of($"{read} {(read == 1 ? "layer" : "layers")}, history, environment and labels", Finding.Join(platforms));
    }

    private static IEnumerable<Finding> OfLayers(VerifiedImage image, VerifiedPlatform platform, IReadOnlyList<LayerContent> layers)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            Digest digest = platform.Manifest.Layers[i].Digest;
            foreach ((string path, IReadOnlyList<SecretHit> hits) in layers[i].Secrets.OrderBy(static file => file.Key, StringComparer.Ordinal))
            {
                string later = layers.Skip(i + 1).Any(layer => layer.Hides(path)) ? ", which a later layer deletes or replaces but everybody can still read" : string.Empty;
                foreach (SecretHit hit in hits)
                {
                    yield return Create(image, hit.Rule, hit.Severity, hit.Masked, $"line {hit.Line} of '/{Printable.Quote(path)}' in the layer {digest}{later}") with
                    {
                        Path = path,
                        Layer = digest,
                        Instruction = platform.InstructionOf(i),
                    };
                }
            }
        }
    }

    private static IEnumerable<Finding> OfConfiguration(VerifiedImage image, ImageConfig config)
    {
        IEnumerable<(string Name, string Value, string Where)> values =
        [
            .. config.Config.Env.Select(static variable => variable.Split('=', 2))
                .Where(static parts => parts.Length == 2).Select(static parts => (parts[0], parts[1], $"the environment variable '{Printable.Quote(parts[0])}'")),
            .. config.Config.Labels.Select(static label => (label.Key, label.Value, $"the label '{Printable.Quote(label.Key)}'")),
            .. config.History.Select(static (step, i) => (string.Empty, step.CreatedBy ?? string.Empty, $"step {i + 1} of the history")),
            .. config.History.Select(static (step, i) => (string.Empty, step.Comment ?? string.Empty, $"the comment to step {i + 1} of the history")),
        ];
        foreach ((string name, string value, string where) in values)
        {
            IReadOnlyList<FoundSecret> found = SecretScanner.FindInSettings(value, FindingSeverity.High);
            foreach (FoundSecret secret in found)
            {
                yield return Create(image, secret.Rule, secret.Severity, SecretText.Mask(value.AsSpan(secret.Start, secret.Length)), where);
            }

            if (found.Count == 0 && SecretRules.NameOfSecret().IsMatch(name) && IsValue(value))
            {
                yield return Create(image, "secret-variable", FindingSeverity.High, SecretText.Mask(value), where);
            }
        }
    }

    // A switch or a path is no secret, whatever its name.
    private static bool IsValue(string value) =>
        !SecretText.IsPlaceholder(value) && !value.StartsWith('/') && value.Length >= 4 && !bool.TryParse(value, out _);

    private static Finding Create(VerifiedImage image, string rule, FindingSeverity severity, string masked, string where) => new()
    {
        Id = rule,
        Severity = severity,
        Diagnostic = Diagnostic.Create(Codes.ImageHasSecret, null, image.Reference, rule, masked, where),
    };
}

using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

/// <summary>A case of <c>Oracle/cases</c> and what the reference CLI answered (<c>Oracle/record.mjs</c> says what the fields mean).</summary>
/// <param name="Name">Its name, and before it the file's.</param>
/// <param name="Case">The case.</param>
/// <param name="Answer">The recorded answer.</param>
internal sealed record OracleCase(string Name, JsonObject Case, JsonObject Answer)
{
    public static IReadOnlyList<OracleCase> All { get; } = [.. ReadAll()];

    /// <summary>The code with which we refuse it, or null. Circles need not be said: the reference has a message of its own for them.</summary>
    public string? Refused => Case.GetString("refused")
        ?? (Build.GetString("message") == "Failed to compute Feature installation order!" ? Codes.FeatureCycle : null);

    /// <summary>In what we differ from the reference, and the divergence in docs/divergences.md that says why.</summary>
    public IReadOnlyDictionary<string, string> Differs { get; } = (Case["differs"] as JsonObject ?? JsonObject.Empty)
        .ToDictionary(property => property.Name, property => ((JsonString)property.Value).Value);

    public JsonObject? Image => Case["image"] as JsonObject;

    public JsonObject Read => (JsonObject)Answer["read"]!;

    public JsonObject Build => (JsonObject)Answer["build"]!;

    private static IEnumerable<OracleCase> ReadAll()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Oracle");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(folder, "cases")).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(file);
            var answers = (JsonObject)JsonNode.Load(Path.Combine(folder, "answers", name));
            foreach (JsonObject one in ((JsonArray)JsonNode.Load(file)).Cast<JsonObject>())
            {
                var answer = (JsonObject)(answers[one.GetString("name")!] ?? throw new InvalidDataException($"{name}: no answer. Run record.mjs."));
                yield return new OracleCase(string.Create(CultureInfo.InvariantCulture, $"{name[..^5]}: {one.GetString("name")}"), one, answer);
            }
        }
    }
}

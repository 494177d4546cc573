using System.Text.Json;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Verify.Waivers;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// Writes what all gates say into one file for code scanning (SARIF 2.1.0, OASIS), as one run: some services take no more than one of a tool. docs/files.md
/// describes it.
/// </summary>
internal static class SarifFile
{
    /// <summary>The file's name in the output folder.</summary>
    internal const string FileName = "verify.sarif";

    private const string Root = "%SRCROOT%";

    /// <summary>Writes it.</summary>
    /// <param name="report">What the gates say.</param>
    /// <param name="outputPath">Absolute path of the output folder.</param>
    /// <param name="workspaceFolder">Absolute path of the workspace, which paths are relative to.</param>
    /// <param name="configFile">Absolute path of devcontainer.json: the place of what has no other, since services show nothing without one.</param>
    internal static void Write(VerifyReport report, string outputPath, string workspaceFolder, string configFile) =>
        OutputFile.Write(outputPath, FileName, Serialize(report, workspaceFolder, configFile));

    /// <summary>The file's bytes: the same for the same report.</summary>
    internal static byte[] Serialize(VerifyReport report, string workspaceFolder, string configFile)
    {
        (GateReport Gate, Finding Finding, Waiver? Waiver)[] results =
        [
            .. report.Gates.SelectMany(static gate => gate.Result.Findings.Select(finding => (
                gate, finding, gate.Waived.FirstOrDefault(waived => ReferenceEquals(waived.Finding, finding))?.Waiver))),
        ];
        string[] rules = [.. results.Select(static result => RuleOf(result.Gate, result.Finding)).Distinct(StringComparer.Ordinal)];
        return JsonLayout.Document(writer =>
        {
            writer.WriteString("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
            writer.WriteString("version", "2.1.0");
            writer.WriteStartArray("runs");
            writer.WriteStartObject();
            WriteTool(writer, rules, results);
            WriteInvocation(writer, report);
            writer.WriteStartObject("properties");
            writer.WriteString("image", report.Image.ToString());
            writer.WriteEndObject();
            JsonLayout.WriteList(writer, "results", results, (w, result) => WriteResult(w, result, Array.IndexOf(rules, RuleOf(result.Gate, result.Finding))));
            writer.WriteEndObject();
            writer.WriteEndArray();
        });

        void WriteResult(Utf8JsonWriter w, (GateReport Gate, Finding Finding, Waiver? Waiver) result, int rule)
        {
            Finding finding = result.Finding;
            w.WriteString("ruleId", RuleOf(result.Gate, finding));
            w.WriteNumber("ruleIndex", rule);
            w.WriteString("level", result.Gate.IsError(finding) ? "error" : "warning");
            WriteText(w, "message", finding.Diagnostic.Message);
            w.WriteStartArray("locations");
            WriteLocation(w, finding.Diagnostic.Location ?? new SourceLocation(configFile, 1), workspaceFolder);
            w.WriteEndArray();

            // What stays the same from one image to the next.
            w.WriteStartObject("partialFingerprints");
            w.WriteString("devcontainerFinding/v1", Digest.Sha256(System.Text.Encoding.UTF8.GetBytes(
                string.Join('\n', result.Gate.Gate, finding.Id, finding.Package, finding.Version, finding.Path, string.Join(',', finding.Platforms)))).Hex);
            w.WriteEndObject();
            if (result.Waiver is { } waiver)
            {
                w.WriteStartArray("suppressions");
                w.WriteStartObject();
                w.WriteString("kind", "external");
                w.WriteString("justification", waiver.Reason);
                w.WriteEndObject();
                w.WriteEndArray();
            }

            w.WriteStartObject("properties");
            w.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
            JsonLayout.WriteOptional(w, "package", finding.Package);
            JsonLayout.WriteOptional(w, "version", finding.Version);
            JsonLayout.WriteOptional(w, "path", finding.Path);
            JsonLayout.WriteOptional(w, "layer", finding.Layer?.Value);
            JsonLayout.WriteTexts(w, "platforms", finding.Platforms);
            w.WriteEndObject();
        }
    }

    private static void WriteTool(Utf8JsonWriter writer, string[] rules, (GateReport Gate, Finding Finding, Waiver? Waiver)[] results)
    {
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", Tool.Name);
        writer.WriteString("version", Tool.Version);
        JsonLayout.WriteList(writer, "rules", rules, (w, rule) =>
        {
            (GateReport gate, Finding first, _) = results.First(result => RuleOf(result.Gate, result.Finding) == rule);
            FindingSeverity severity = results.Where(result => RuleOf(result.Gate, result.Finding) == rule).Max(static result => result.Finding.Severity);
            w.WriteString("id", rule);
            WriteText(w, "shortDescription", $"{first.Id} ({gate.Gate})");
            w.WriteStartObject("properties");
            w.WriteString("code", first.Diagnostic.Code);
            // On the scale of CVSS, by which services tell critical from high (GitHub: over 9.0, 7.0, 4.0, 0.1).
            w.WriteString("security-severity", severity switch
            {
                FindingSeverity.Critical => "9.5",
                FindingSeverity.High => "8.0",
                FindingSeverity.Medium => "5.5",
                _ => "2.0",
            });
            JsonLayout.WriteTexts(w, "tags", ["security", gate.Gate]);
            w.WriteEndObject();
        });
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteInvocation(Utf8JsonWriter writer, VerifyReport report)
    {
        Diagnostic[] problems = [.. report.Gates.Select(static gate => gate.Result.Reason).OfType<Diagnostic>(), .. report.Expired];
        writer.WriteStartArray("invocations");
        writer.WriteStartObject();
        writer.WriteBoolean("executionSuccessful", report.Gates.All(static gate => gate.Result.Reason is null));
        JsonLayout.WriteList(writer, "toolExecutionNotifications", problems, static (w, problem) =>
        {
            w.WriteString("level", "error");
            WriteText(w, "message", problem.Message);
            w.WriteStartObject("descriptor");
            w.WriteString("id", problem.Code);
            w.WriteEndObject();
        });
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteLocation(Utf8JsonWriter writer, SourceLocation location, string workspaceFolder)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        string relative = Path.GetRelativePath(workspaceFolder, Path.GetFullPath(location.File!, workspaceFolder)).Replace('\\', '/');
        writer.WriteString("uri", string.Join('/', relative.Split('/').Select(Uri.EscapeDataString)));
        writer.WriteString("uriBaseId", Root);
        writer.WriteEndObject();
        writer.WriteStartObject("region");
        writer.WriteNumber("startLine", Math.Max(1, location.Line));
        if (location.Column > 0)
        {
            writer.WriteNumber("startColumn", location.Column);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string text)
    {
        writer.WriteStartObject(name);
        writer.WriteString("text", text);
        writer.WriteEndObject();
    }

    private static string RuleOf(GateReport gate, Finding finding) => $"{gate.Gate}/{finding.Id}";
}

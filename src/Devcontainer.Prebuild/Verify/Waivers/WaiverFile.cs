using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Verify.Waivers;

/// <summary>Reads <c>devcontainer-waivers.json</c>. docs/verify.md describes it.</summary>
internal static class WaiverFile
{
    /// <summary>The file's usual name, in the workspace.</summary>
    internal const string FileName = "devcontainer-waivers.json";

    private const string Form = "a waiver has 'gate', 'id', 'reason' and 'expires' (a day, as 2027-01-31), and may have 'package' and 'path'";
    private static readonly string[] Names = ["gate", "id", "package", "path", "reason", "expires"];

    /// <summary>Reads the waivers of a workspace.</summary>
    /// <param name="workspaceFolder">Absolute path of the workspace.</param>
    /// <param name="named">Absolute path of the file, where it is named; null for the usual one, which may be missing.</param>
    /// <param name="gates">The names that a gate may have.</param>
    /// <exception cref="DevcontainerException">DEVC6022: it is not as it should be, with the line; DEVC9001: there is none of that name.</exception>
    internal static IReadOnlyList<Waiver> Read(string workspaceFolder, string? named, IReadOnlyList<string> gates)
    {
        string path = named ?? Path.Combine(workspaceFolder, FileName);
        if (!File.Exists(path))
        {
            return named is null ? [] : throw new DevcontainerException(Codes.PropertyInvalid, "DevcontainerWaiverFile", named, "there is no such file");
        }

        JsonNode root;
        try
        {
            root = JsonNode.Load(path);
        }
        catch (DevcontainerException e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.WaiverFileInvalid, e.Diagnostic.Location ?? new SourceLocation(path), path, e.Message.TrimEnd('.')), e);
        }

        if (root is not JsonObject { Count: 1 } file || file["waivers"] is not JsonArray waivers)
        {
            throw Invalid(path, root, "it is an object with nothing but the array 'waivers'");
        }

        return [.. waivers.Select(node => Parse(path, node, gates))];
    }

    private static Waiver Parse(string path, JsonNode node, IReadOnlyList<string> gates)
    {
        if (node is not JsonObject waiver)
        {
            throw Invalid(path, node, Form);
        }

        foreach (JsonProperty property in waiver)
        {
            // What is misspelt would waive more than is meant.
            if (!Names.Contains(property.Name, StringComparer.Ordinal) || property.Value is not JsonString { Value.Length: > 0 })
            {
                throw Invalid(path, property.Value, Form);
            }
        }

        return new Waiver
        {
            Gate = gates.Contains(Required("gate"), StringComparer.Ordinal)
                ? Required("gate")
                : throw Invalid(path, waiver["gate"]!, $"the gates are {string.Join(", ", gates)}"),
            Id = Required("id"),
            Package = waiver.GetString("package"),
            Path = waiver.GetString("path")?.TrimStart('/'),
            Reason = Required("reason"),
            Expires = DateOnly.TryParseExact(Required("expires"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
                ? day
                : throw Invalid(path, waiver["expires"]!, Form),
            Location = waiver.Position.In(path),
        };

        string Required(string name) => waiver.GetString(name) ?? throw Invalid(path, waiver, Form);
    }

    private static DevcontainerException Invalid(string path, JsonNode node, string reason) =>
        new(Codes.WaiverFileInvalid, node.Position.In(path), path, reason);
}

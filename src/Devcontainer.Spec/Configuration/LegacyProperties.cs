namespace Devcontainer.Spec;

/// <summary>
/// Moves what VS Code's own properties were called before the specification to <c>customizations.vscode</c>
/// (devcontainers/cli, updateFromOldProperties): <c>extensions</c>, <c>settings</c>, <c>devPort</c>.
/// </summary>
internal static class LegacyProperties
{
    /// <summary>The same object with the old properties at their present place; the object itself where it has none.</summary>
    public static JsonObject Move(JsonObject root)
    {
        JsonNode? extensions = Present(root["extensions"]);
        JsonNode? settings = Present(root["settings"]);
        JsonNode? devPort = root["devPort"];
        if (extensions is null && settings is null && devPort is null)
        {
            return root;
        }

        var customizations = root["customizations"] as JsonObject ?? JsonObject.Empty;
        var vscode = customizations["vscode"] as JsonObject ?? JsonObject.Empty;
        if (extensions is JsonArray added)
        {
            var present = vscode["extensions"] as JsonArray;
            vscode = vscode.With("extensions", present is null ? added : new JsonArray([.. present, .. added], present.Position));
            root = root.Without("extensions");
        }

        if (settings is JsonObject old)
        {
            var present = vscode["settings"] as JsonObject;
            vscode = vscode.With("settings", present is null ? old : new JsonObject([.. old, .. present], present.Position));
            root = root.Without("settings");
        }

        if (devPort is not null && vscode["devPort"] is null)
        {
            vscode = vscode.With("devPort", devPort);
            root = root.Without("devPort");
        }

        return root.With("customizations", customizations.With("vscode", vscode));
    }

    private static JsonNode? Present(JsonNode? node) => node is JsonNull ? null : node;
}

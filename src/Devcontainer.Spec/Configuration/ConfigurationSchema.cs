using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>
/// The properties of devcontainer.json and their types (devcontainers/spec, schemas/devContainer.base.schema.json), with the old names that the
/// reference CLI still takes.
/// </summary>
internal static class ConfigurationSchema
{
    private const JsonKinds Any = (JsonKinds)~0;
    private const JsonKinds PortKinds = JsonKinds.Number | JsonKinds.String;

    private static readonly Shape Text = new(JsonKinds.String);
    private static readonly Shape Flag = new(JsonKinds.Boolean);
    private static readonly Shape Texts = new(JsonKinds.Array, JsonKinds.String);
    private static readonly Shape Command = new(JsonKinds.String | JsonKinds.Array | JsonKinds.Object, JsonKinds.String | JsonKinds.Array);

    /// <summary>Checks the types of all top-level properties and of what they hold, and collects misspelt names.</summary>
    /// <exception cref="DevcontainerException">A value has a type that the property cannot have.</exception>
    public static void Check(JsonObject root, JsonShape shape, List<Diagnostic> warnings)
    {
        foreach (JsonProperty property in root)
        {
            if (Of(property.Name) is not { } expected)
            {
                WarnIfMisspelt(property, "", Names, shape.File, warnings);
                continue;
            }

            if (property.Value is JsonNull)
            {
                continue;
            }

            shape.Expect(property.Value, expected.Kinds, property.Name);
            if (expected.Items == Any)
            {
                continue;
            }

            if (property.Value is JsonArray array)
            {
                for (int i = 0; i < array.Count; i++)
                {
                    // A command may be an array in an object of commands, but nothing is an array in an array.
                    shape.Expect(array[i], expected.Items & ~JsonKinds.Array, $"{property.Name}[{i}]");
                }
            }
            else if (property.Value is JsonObject map)
            {
                foreach (JsonProperty item in map)
                {
                    shape.Expect(item.Value, expected.Items, $"{property.Name}.{item.Name}");
                }
            }
        }

        if (root["build"] is JsonObject build)
        {
            foreach (JsonProperty property in build)
            {
                if (!BuildNames.Contains(property.Name, StringComparer.Ordinal))
                {
                    WarnIfMisspelt(property, "build.", BuildNames, shape.File, warnings);
                }
            }
        }
    }

    private static ReadOnlySpan<string> BuildNames => (string[])["dockerfile", "context", "target", "args", "cacheFrom", "options"];

    /// <summary>Only read where a name is unknown.</summary>
    private static ReadOnlySpan<string> Names => (string[])
    [
        "$schema", "name", "features", "overrideFeatureInstallOrder", "secrets", "forwardPorts", "portsAttributes", "otherPortsAttributes",
        "updateRemoteUserUID", "containerEnv", "containerUser", "mounts", "init", "privileged", "capAdd", "securityOpt", "remoteEnv",
        "remoteUser", "initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand",
        "postAttachCommand", "waitFor", "userEnvProbe", "hostRequirements", "customizations", "appPort", "runArgs", "shutdownAction",
        "overrideCommand", "workspaceFolder", "workspaceMount", "build", "dockerFile", "context", "image", "dockerComposeFile", "service",
        "runServices", "extensions", "settings", "devPort",
    ];

    private static Shape? Of(string name) => name switch
    {
        "$schema" or "name" or "containerUser" or "remoteUser" or "waitFor" or "userEnvProbe" or "shutdownAction" or "workspaceFolder"
            or "workspaceMount" or "dockerFile" or "context" or "image" or "service" => Text,
        "updateRemoteUserUID" or "init" or "privileged" or "overrideCommand" => Flag,
        "overrideFeatureInstallOrder" or "capAdd" or "securityOpt" or "runArgs" or "runServices" or "extensions" => Texts,
        "initializeCommand" or "onCreateCommand" or "updateContentCommand" or "postCreateCommand" or "postStartCommand"
            or "postAttachCommand" => Command,
        "features" => new(JsonKinds.Object, JsonShape.TextKinds | JsonKinds.Object),
        "containerEnv" => new(JsonKinds.Object, JsonShape.TextKinds),
        "remoteEnv" => new(JsonKinds.Object, JsonShape.TextKinds | JsonKinds.Null),
        "forwardPorts" => new(JsonKinds.Array, PortKinds),
        "appPort" => new(PortKinds | JsonKinds.Array, PortKinds),
        "portsAttributes" => new(JsonKinds.Object, JsonKinds.Object),
        "mounts" => new(JsonKinds.Array, JsonKinds.String | JsonKinds.Object),
        "dockerComposeFile" => new(JsonKinds.String | JsonKinds.Array, JsonKinds.String),
        "devPort" => new(JsonKinds.Number),
        "otherPortsAttributes" or "hostRequirements" or "customizations" or "build" or "secrets" or "settings" => new(JsonKinds.Object),
        _ => null,
    };

    private static void WarnIfMisspelt(JsonProperty property, string prefix, ReadOnlySpan<string> known, string file, List<Diagnostic> warnings)
    {
        string? nearest = Spelling.Nearest(property.Name, known);
        if (nearest is not null)
        {
            warnings.Add(Diagnostic.Create(
                Codes.PropertyMisspelt, property.Position.In(file), JsonText.Escape(prefix + property.Name), prefix + nearest));
        }
    }

    /// <summary>The types a property may have, and those of what it holds where it is an array or an object.</summary>
    private sealed record Shape(JsonKinds Kinds, JsonKinds Items = Any);
}

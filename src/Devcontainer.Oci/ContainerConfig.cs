using System.Text.Json;

namespace Devcontainer.Oci;

/// <summary>How a container runs, the <c>config</c> part of an image's configuration. Null means the image says nothing about it.</summary>
public sealed record ContainerConfig
{
    private static readonly string[] Known = ["User", "Env", "Entrypoint", "Cmd", "WorkingDir", "Labels"];

    /// <summary>User, or <c>user:group</c>, by name or number.</summary>
    public string? User { get; init; }

    /// <summary>Environment, <c>NAME=value</c> each.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>What runs; an empty list is not the same as null, it clears the base's.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Arguments to it, or what runs.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Where it runs.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Labels; never null.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = Descriptor.NoAnnotations;

    internal JsonFields Others { get; init; } = JsonFields.None;

    internal static ContainerConfig Read(JsonContent content, JsonElement element) => new()
    {
        User = content.OptionalText(element, "User"),
        Env = content.Texts(element, "Env") ?? [],
        Entrypoint = content.Texts(element, "Entrypoint"),
        Cmd = content.Texts(element, "Cmd"),
        WorkingDir = content.OptionalText(element, "WorkingDir"),
        Labels = content.TextMap(element, "Labels") ?? Descriptor.NoAnnotations,
        Others = JsonContent.Others(element, Known),
    };

    internal void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        JsonContent.WriteText(writer, "User", User);
        if (Env.Count > 0)
        {
            JsonContent.WriteTexts(writer, "Env", Env);
        }

        JsonContent.WriteTexts(writer, "Entrypoint", Entrypoint);
        JsonContent.WriteTexts(writer, "Cmd", Cmd);
        JsonContent.WriteText(writer, "WorkingDir", WorkingDir);
        if (Labels.Count > 0)
        {
            JsonContent.WriteMap(writer, "Labels", Labels);
        }

        Others.WriteTo(writer);
        writer.WriteEndObject();
    }
}

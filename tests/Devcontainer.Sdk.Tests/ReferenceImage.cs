using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>What an image of the engine is to those who start it: its configuration and its files.</summary>
/// <param name="Configuration">Lines of <c>name: value</c>.</param>
/// <param name="Files">Lines of a path and what is there.</param>
internal sealed record ReferenceImage(IReadOnlyList<string> Configuration, IReadOnlyList<string> Files)
{
    /// <summary>Reads one.</summary>
    internal static async Task<ReferenceImage> ReadAsync(string image)
    {
        using JsonDocument inspected = JsonDocument.Parse(await TestEngine.RunAsync("docker", "image", "inspect", image));
        JsonElement config = inspected.RootElement[0].GetProperty("Config");
        var configuration = new List<string>();
        foreach (string name in (string[])["User", "WorkingDir", "Entrypoint", "Cmd", "ExposedPorts", "Volumes", "StopSignal", "Healthcheck"])
        {
            configuration.Add($"{name}: {(config.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetRawText() : "")}");
        }

        configuration.AddRange(List(config, "Env").Order(StringComparer.Ordinal).Select(static variable => $"Env: {variable}"));
        if (config.TryGetProperty("Labels", out JsonElement labels) && labels.ValueKind == JsonValueKind.Object)
        {
            configuration.AddRange(labels.EnumerateObject().OrderBy(static label => label.Name, StringComparer.Ordinal).Select(static label => $"Label {label.Name}: {label.Value.GetString()}"));
        }

        string container = await TestEngine.RunAsync("docker", "create", image, "true");
        string archive = Path.Combine(SdkPackage.RunFolder, $"{container}.tar");
        try
        {
            await TestEngine.RunAsync("docker", "export", "--output", archive, container);
            return new ReferenceImage(configuration, [.. Entries(archive).Order(StringComparer.Ordinal)]);
        }
        finally
        {
            File.Delete(archive);
            await Command.RunAsync("docker", ["rm", "--force", container], Path.GetTempPath());
        }
    }

    private static IEnumerable<string> List(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(static item => item.GetString()!) : [];

    private static IEnumerable<string> Entries(string archive)
    {
        using var tar = new TarReader(File.OpenRead(archive));
        while (tar.GetNextEntry() is { } entry)
        {
            string path = entry.Name.TrimEnd('/');
            string content = entry.DataStream is { } data ? Convert.ToHexStringLower(SHA256.HashData(data))[..16] : entry.LinkName;
            yield return $"{path} {entry.EntryType} {Convert.ToString((int)entry.Mode, 8)} {entry.Uid}:{entry.Gid} {content}";
        }
    }
}

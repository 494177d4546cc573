using System.Text.Json;

namespace Devcontainer.Prebuild.Sboms.DotNet;

/// <summary>
/// Finds what .NET installs: SDKs, hosts, packs, workload manifests, and by their <c>*.deps.json</c> the shared frameworks, tools and applications
/// with the NuGet packages that they were made of.
/// </summary>
internal sealed class DotNetCataloger : PackageFileCataloger
{
    private const string DepsFile = ".deps.json";
    private const string RuntimePack = "runtimepack.";

    /// <inheritdoc/>
    public override bool Wants(string path) => path.EndsWith(DepsFile, StringComparison.Ordinal) || Installed(path) is not null;

    /// <inheritdoc/>
    protected override IReadOnlyList<ImagePackage> ReadPackages(string path, ReadOnlySpan<byte> content)
    {
        if (Installed(path) is { } installed)
        {
            return [installed];
        }

        using JsonDocument document = JsonFields.Parse(content);
        HashSet<string> present = Present(document.RootElement);
        var packages = new List<ImagePackage>();
        foreach (JsonProperty library in Members(JsonFields.Object(document.RootElement, "libraries")))
        {
            int slash = library.Name.LastIndexOf('/');
            if (slash > 0 && present.Contains(library.Name) && JsonFields.Text(library.Value, "type") is "package" or "runtimepack")
            {
                // A self-contained application has the framework in it, as "runtimepack.<id>".
                string id = library.Name[..slash];
                packages.Add(NuGet(id.StartsWith(RuntimePack, StringComparison.Ordinal) ? id[RuntimePack.Length..] : id, library.Name[(slash + 1)..]));
            }
        }

        return packages;
    }

    // The libraries that have files there: others are references that only a compiler needed.
    private static HashSet<string> Present(JsonElement root)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty target in Members(JsonFields.Object(root, "targets")))
        {
            foreach (JsonProperty library in Members(target.Value))
            {
                foreach (string kind in (ReadOnlySpan<string>)["runtime", "native", "runtimeTargets", "resources"])
                {
                    if (Members(JsonFields.Object(library.Value, kind)).Any())
                    {
                        present.Add(library.Name);
                    }
                }
            }
        }

        return present;
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } one ? one.EnumerateObject() : default;

    // What one file in a folder of a fixed shape stands for.
    private static ImagePackage? Installed(string path)
    {
        ReadOnlySpan<char> name = path.AsSpan(path.LastIndexOf('/') + 1);
        if (name is not ("dotnet.dll" or "libhostfxr.so" or "WorkloadManifest.json" or "FrameworkList.xml" or "PackageOverrides.txt" or "libnethost.so"))
        {
            return null;
        }

        return path.Split('/') switch
        {
            [.., "sdk", var version, "dotnet.dll"] when IsVersion(version) => Generic("dotnet-sdk", version),
            [.., "host", "fxr", var version, "libhostfxr.so"] when IsVersion(version) => Generic("dotnet-hostfxr", version),
            [.., "packs", var id, var version, "data", "FrameworkList.xml" or "PackageOverrides.txt"] when IsVersion(version) => NuGet(id, version),
            [.., "packs", var id, var version, "runtimes", _, "native", "libnethost.so"] when IsVersion(version) => NuGet(id, version),
            [.., "sdk-manifests", var band, var id, var version, "WorkloadManifest.json"] when IsVersion(version) => NuGet($"{id}.Manifest-{band}", version),
            _ => null,
        };
    }

    private static bool IsVersion(string text) => text.Length > 0 && char.IsAsciiDigit(text[0]);

    private static ImagePackage Generic(string name, string version) =>
        new() { Name = name, Version = version, Purl = PackageUrl.Create("generic", null, name, version) };

    private static ImagePackage NuGet(string id, string version) =>
        new() { Name = id, Version = version, Purl = PackageUrl.Create("nuget", null, id, version) };
}

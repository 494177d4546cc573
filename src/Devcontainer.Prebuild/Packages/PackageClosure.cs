using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// Every package that restores and builds of projects take: the libraries of their assets files, what these say is downloaded besides (targeting and host
/// packs, <c>PackageDownload</c>), and the MSBuild SDKs that NuGet brings.
/// </summary>
/// <param name="Packages">The packages, sorted by name.</param>
/// <param name="Floating">Versions that are whatever is the newest when somebody restores, in words, sorted; none where a lock file of NuGet's holds them.</param>
/// <param name="Folders">The folders that packages were taken from.</param>
internal sealed record PackageClosure(IReadOnlyList<NuGetPackage> Packages, IReadOnlyList<string> Floating, IReadOnlyList<string> Folders)
{
    /// <summary>Reads it from what a restore wrote.</summary>
    /// <param name="folder">Has an assets file for each project, one folder down.</param>
    /// <param name="sdks">The MSBuild SDKs that the projects name, with versions where they have them.</param>
    /// <exception cref="DevcontainerException">DEVC3071: there is no assets file, or none that can be read. DEVC3072: a package is not where the restore put it.</exception>
    internal static PackageClosure Read(string folder, IReadOnlyDictionary<string, string?> sdks)
    {
        var packages = new SortedDictionary<string, NuGetPackage>(StringComparer.Ordinal);
        var floating = new SortedSet<string>(StringComparer.Ordinal);
        var roots = new List<string>();
        foreach (string assets in Directory.EnumerateFiles(folder, "project.assets.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(assets));
                ReadAssets(document.RootElement, roots, packages);
                floating.UnionWith(FloatingVersions(document.RootElement.GetProperty("project")));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new DevcontainerException(Diagnostic.Create(Codes.RestoreFailed, null, assets, e.Message), e);
            }
        }

        foreach ((string id, string? version) in sdks)
        {
            // One without a version is the .NET SDK's own.
            if (version is not null)
            {
                Add(packages, roots, id, version, isOptional: true);
            }
        }

        return new PackageClosure([.. packages.Values], [.. floating], roots);
    }

    private static IEnumerable<string> FloatingVersions(JsonElement project)
    {
        string path = project.GetProperty("restore").GetProperty("projectPath").GetString()!;
        if (RestoreFiles.LockFilesOf(path).Any(File.Exists))
        {
            yield break;
        }

        foreach (JsonProperty framework in project.GetProperty("frameworks").EnumerateObject())
        {
            if (!framework.Value.TryGetProperty("dependencies", out JsonElement dependencies))
            {
                continue;
            }

            foreach (JsonProperty dependency in dependencies.EnumerateObject())
            {
                if (dependency.Value.TryGetProperty("version", out JsonElement version) && version.GetString()!.Contains('*', StringComparison.Ordinal))
                {
                    yield return $"{dependency.Name} {version.GetString()!.Trim('[', ')').Split(',')[0]} in {Path.GetFileName(path)}";
                }
            }
        }
    }

    private static void ReadAssets(JsonElement assets, List<string> roots, SortedDictionary<string, NuGetPackage> packages)
    {
        foreach (JsonProperty root in assets.GetProperty("packageFolders").EnumerateObject())
        {
            if (!roots.Contains(root.Name))
            {
                roots.Add(root.Name);
            }
        }

        foreach (JsonProperty library in assets.GetProperty("libraries").EnumerateObject())
        {
            if (library.Value.GetProperty("type").ValueEquals("package"))
            {
                int slash = library.Name.IndexOf('/', StringComparison.Ordinal);
                Add(packages, roots, library.Name[..slash], library.Name[(slash + 1)..], isOptional: false);
            }
        }

        foreach (JsonProperty framework in assets.GetProperty("project").GetProperty("frameworks").EnumerateObject())
        {
            if (framework.Value.TryGetProperty("downloadDependencies", out JsonElement downloads))
            {
                foreach (JsonElement download in downloads.EnumerateArray())
                {
                    // Always one exact version, as a range from it to itself (NuGet: PackageDownload).
                    string range = download.GetProperty("version").GetString()!;
                    Add(packages, roots, download.GetProperty("name").GetString()!, range.Trim('[', ']').Split(',')[0].Trim(), isOptional: false);
                }
            }
        }
    }

    private static void Add(
        SortedDictionary<string, NuGetPackage> packages, List<string> roots, string id, string version, bool isOptional)
    {
        foreach (string root in roots)
        {
            NuGetPackage package = In(root, id, version);
            if (packages.ContainsKey(package.Name))
            {
                return;
            }

            if (Directory.Exists(package.Folder))
            {
                packages.Add(package.Name, package);
                return;
            }
        }

        if (!isOptional)
        {
            throw In(roots[0], id, version).Damaged("it is not there");
        }
    }

    /// <summary>A package where NuGet has it in a packages folder.</summary>
    internal static NuGetPackage In(string root, string id, string version)
    {
        (id, version) = (id.ToLowerInvariant(), Normalize(version));
        return new NuGetPackage(id, version, Path.Combine(root, id, version));
    }

    // As NuGet names folders: at least three numbers, a fourth only where it is not zero, no build metadata.
    private static string Normalize(string version)
    {
        int end = version.IndexOf('+', StringComparison.Ordinal);
        string plain = (end < 0 ? version : version[..end]).ToLowerInvariant();
        int label = plain.IndexOf('-', StringComparison.Ordinal);
        var numbers = new List<string>((label < 0 ? plain : plain[..label]).Split('.'));
        while (numbers.Count < 3)
        {
            numbers.Add("0");
        }

        if (numbers.Count == 4 && numbers[3].Trim('0').Length == 0)
        {
            numbers.RemoveAt(3);
        }

        IEnumerable<string> trimmed = numbers.Select(static number => number.TrimStart('0') is { Length: > 0 } digits ? digits : "0");
        return string.Join('.', trimmed) + (label < 0 ? string.Empty : plain[label..]);
    }
}

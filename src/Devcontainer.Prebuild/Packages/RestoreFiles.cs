using System.Text.Json;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Packages;

/// <summary>
/// The files that a restore of projects may read, found in their text, so that an unchanged repository needs no restore: the projects, those they refer
/// to, what they import, and what MSBuild, NuGet and the SDK read of their own accord in the folders above. Conditions do not count and what cannot be
/// told from the text is taken by its name wherever it is in the workspace: rather a file too many, which costs a restore, than one too few.
/// </summary>
internal sealed partial class RestoreFiles
{
    // What is read by its name in a project's folder and each one above (MSBuild: "Customize your build"; NuGet: nuget.config reference).
    private static readonly string[] NamesAbove =
    [
        "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "Directory.Solution.props", "Directory.Solution.targets",
        "Directory.Build.rsp", "MSBuild.rsp", "nuget.config", "NuGet.config", "NuGet.Config", "global.json",
        ToolManifest.FileName, $".config/{ToolManifest.FileName}",
    ];

    // Where the SDK and packages are, not the repository.
    private static readonly string[] PlacesElsewhere =
        ["$(MSBuildExtensionsPath", "$(MSBuildToolsPath", "$(MSBuildBinPath", "$(MSBuildSDKsPath", "$(VSToolsPath", "$(NuGetPackageRoot", "$(Pkg"];

    private readonly string _workspace;
    private readonly SortedSet<string> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
    private readonly Queue<string> _unread = new();
    private readonly Dictionary<string, HashSet<string>> _properties = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string?> _sdks = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lazy<string[]> _all;

    private RestoreFiles(string workspace)
    {
        _workspace = Path.TrimEndingDirectorySeparator(workspace);
        _all = new Lazy<string[]>(() => [.. WorkspaceFiles(new DirectoryInfo(_workspace))]);
    }

    /// <summary>The files, sorted, as inputs of the packages tier.</summary>
    internal IReadOnlyList<DeclaredInput> Inputs => [.. _files.Select(file => new DeclaredInput(file, "packages", ProjectionOf(file)))];

    /// <summary>The MSBuild SDKs that the projects name, with the version where they name that too.</summary>
    internal IReadOnlyDictionary<string, string?> Sdks => _sdks;

    /// <summary>The manifests of .NET tools.</summary>
    internal IEnumerable<string> ToolManifests => _files.Where(static file => Path.GetFileName(file) == ToolManifest.FileName);

    /// <summary>The files named <c>global.json</c>.</summary>
    internal IEnumerable<string> GlobalJsons => _files.Where(static file => Path.GetFileName(file) == "global.json");

    /// <summary>Finds the files.</summary>
    /// <param name="projects">Absolute paths of projects and solutions.</param>
    /// <param name="workspace">Folders above it are not looked into.</param>
    /// <exception cref="DevcontainerException">DEVC3070: there is no such project.</exception>
    internal static RestoreFiles Find(IReadOnlyList<string> projects, string workspace)
    {
        var found = new RestoreFiles(workspace);
        foreach (string project in projects)
        {
            if (!File.Exists(project))
            {
                throw new DevcontainerException(Codes.RestoreProjectMissing, project);
            }

            found.Add(project);
        }

        while (found._unread.TryDequeue(out string? file))
        {
            found.Read(file);
        }

        return found;
    }

    private void Add(string path)
    {
        string file = Path.GetFullPath(path);
        if (!File.Exists(file) || !_files.Add(file))
        {
            return;
        }

        _unread.Enqueue(file);
        if (IsProject(file))
        {
            string folder = Path.GetDirectoryName(file)!;
            foreach (string lockFile in LockFilesOf(file))
            {
                Add(lockFile);
            }

            AddAbove(folder, NamesAbove);
        }
    }

    /// <summary>Where NuGet looks for the lock file of a project (NuGet: "Locking dependencies").</summary>
    internal static IEnumerable<string> LockFilesOf(string project)
    {
        string folder = Path.GetDirectoryName(project)!;
        yield return Path.Combine(folder, "packages.lock.json");
        yield return Path.Combine(folder, $"packages.{Path.GetFileNameWithoutExtension(project).Replace(' ', '_')}.lock.json");
    }

    private static bool IsProject(string file) => Path.GetExtension(file) is { } extension
        && (extension.EndsWith("proj", StringComparison.OrdinalIgnoreCase) || extension is ".sln" or ".slnx" or ".slnf");

    private void AddAbove(string folder, IReadOnlyList<string> names)
    {
        foreach (string level in Levels(folder).Where(_folders.Add).Reverse())
        {
            foreach (string name in names)
            {
                Add(Path.Combine(level, name));
            }
        }
    }

    // A folder and those above it, up to the workspace.
    private IEnumerable<string> Levels(string folder)
    {
        for (string? level = folder; level is not null && (level == _workspace || level.StartsWith(_workspace + Path.DirectorySeparatorChar, StringComparison.Ordinal));
             level = Path.GetDirectoryName(level))
        {
            yield return level;
        }
    }

    private void Read(string file)
    {
        switch (Path.GetExtension(file).ToLowerInvariant())
        {
            case ".json" or ".rsp":
                return;
            case ".slnf":
                ReadFilter(file);
                return;
            case ".sln":
                foreach (Match match in SolutionProject().Matches(File.ReadAllText(file)))
                {
                    AddReferred(file, match.Groups["path"].Value);
                }

                return;
        }

        ProjectText text = ProjectText.Read(file);
        if (!text.IsXml)
        {
            _texts.Add(file);
        }

        foreach ((string name, string value) in text.Properties)
        {
            // By the file that it stands in: what is imported later sees it from another folder.
            (_properties.TryGetValue(name, out HashSet<string>? values) ? values : _properties[name] = new(StringComparer.Ordinal)).Add(Expand(value, file));
        }

        foreach ((string name, string? version) in text.Sdks)
        {
            _sdks[name] = version ?? _sdks.GetValueOrDefault(name);
        }

        foreach (string path in text.References)
        {
            AddReferred(file, path);
        }
    }

    private void ReadFilter(string file)
    {
        try
        {
            using JsonDocument filter = LenientJson.ReadFile(file);
            string solution = Path.Combine(Path.GetDirectoryName(file)!, Slashes(filter.RootElement.GetProperty("solution").GetProperty("path").GetString()!));
            Add(solution);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // The restore says what is wrong with it, and its text is an input whatever it is.
        }
    }

    private void AddReferred(string file, string text)
    {
        foreach (string one in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Array.Exists(PlacesElsewhere, place => one.StartsWith(place, StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (FileAbove().Match(one) is { Success: true } above)
            {
                foreach (string level in Levels(Path.GetDirectoryName(file)!))
                {
                    string folder = above.Groups["folder"].Success && !File.Exists(Path.Combine(level, above.Groups["folder"].Value)) ? string.Empty : level;
                    if (folder.Length > 0)
                    {
                        Add(Path.Combine(folder, Slashes(above.Groups["name"].Value).TrimStart('/')));
                    }
                }

                continue;
            }

            string path = Slashes(Expand(one, file));
            if (path.AsSpan().IndexOfAny("$@%*?") < 0)
            {
                Add(Path.Combine(Path.GetDirectoryName(file)!, path));
                continue;
            }

            AddByName(path[(path.LastIndexOf('/') + 1)..]);
        }
    }

    // What cannot be told from the text: all files of that name; of any name where that cannot be told either.
    private void AddByName(string name)
    {
        bool isKnown = FileName().IsMatch(name);
        foreach (string file in _all.Value)
        {
            string candidate = Path.GetFileName(file);
            if (isKnown ? System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(name, candidate)
                : candidate.EndsWith(".props", StringComparison.OrdinalIgnoreCase) || candidate.EndsWith(".targets", StringComparison.OrdinalIgnoreCase) || IsProject(candidate))
            {
                Add(file);
            }
        }
    }

    private string Expand(string text, string file)
    {
        for (int times = 0; times < 8 && text.Contains("$(", StringComparison.Ordinal); times++)
        {
            string expanded = Property().Replace(text, match => ValueOf(match.Groups["name"].Value, file) ?? match.Value);
            if (expanded == text)
            {
                break;
            }

            text = expanded;
        }

        return text;
    }

    private string? ValueOf(string name, string file) => name.ToUpperInvariant() switch
    {
        "MSBUILDTHISFILEDIRECTORY" => Path.GetDirectoryName(file) + "/",
        "MSBUILDPROJECTDIRECTORY" when IsProject(file) => Path.GetDirectoryName(file),
        "MSBUILDTHISFILENAME" => Path.GetFileNameWithoutExtension(file),
        "MSBUILDPROJECTNAME" when IsProject(file) => Path.GetFileNameWithoutExtension(file),
        "MSBUILDPROJECTEXTENSION" when IsProject(file) => Path.GetExtension(file),
        _ => _properties.TryGetValue(name, out HashSet<string>? values) && values.Count == 1 ? values.Single() : null,
    };

    private static string Slashes(string path) => path.Replace('\\', '/');

    private string ProjectionOf(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".json" or ".slnf" => "json",
        ".rsp" or ".sln" => "text",
        _ => _texts.Contains(file) ? "text" : "xml",
    };

    private static IEnumerable<string> WorkspaceFiles(DirectoryInfo folder)
    {
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
        {
            if (entry is FileInfo)
            {
                yield return entry.FullName;
            }
            else if (entry.LinkTarget is null && entry.Name is not (".git" or "bin" or "obj" or "node_modules" or ".vs"))
            {
                foreach (string file in WorkspaceFiles((DirectoryInfo)entry))
                {
                    yield return file;
                }
            }
        }
    }

    [GeneratedRegex("""^Project\("\{[^}]*\}"\)\s*=\s*"[^"]*",\s*"(?<path>[^"]*proj)"\s*,""", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex SolutionProject();

    [GeneratedRegex(@"^[\w .+*?-]+$")]
    private static partial Regex FileName();

    [GeneratedRegex("""\$\((?<name>[A-Za-z_][\w.-]*)\)""")]
    private static partial Regex Property();

    [GeneratedRegex(
        """^\$\(\[MSBuild\]::(?:GetPathOfFileAbove\(\s*['"`]?(?<name>[^'"`,)$]+)|GetDirectoryNameOfFileAbove\([^,]+,\s*['"`]?(?<folder>[^'"`)$]+)['"`]?\s*\)\)(?<name>[^$]+)$)""",
        RegexOptions.IgnoreCase)]
    private static partial Regex FileAbove();
}

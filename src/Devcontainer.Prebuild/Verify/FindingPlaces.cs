using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Build;
using Devcontainer.Spec;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// Where in the workspace a finding comes from: the instruction of the Dockerfile that made its layer, the Feature, the line that names a user or a package.
/// Only of an image that was built here; and only what helps to mend it, so what cannot be read tells nothing.
/// </summary>
internal sealed partial class FindingPlaces
{
    // As many as a workspace ever has of the files that name packages near its top.
    private const int MostFiles = 2000;
    private static readonly string[] PackageFiles = ["Directory.Packages.props", "Directory.Build.props", "*.csproj", "*.fsproj", "*.vbproj", "*.proj", "*.props", "*.targets"];

    private readonly string _workspaceFolder;
    private readonly DevcontainerConfiguration? _configuration;
    private readonly IReadOnlyList<DockerfileInstruction> _instructions = [];
    private readonly string[] _lines = [];
    private readonly Lazy<Dictionary<string, SourceLocation>> _packages;

    /// <summary>Reads the configuration of a workspace.</summary>
    internal FindingPlaces(string configFile, string workspaceFolder)
    {
        _workspaceFolder = workspaceFolder;
        _packages = new Lazy<Dictionary<string, SourceLocation>>(ReadPackages);
        try
        {
            _configuration = DevcontainerConfiguration.Load(configFile, workspaceFolder);
            if (_configuration.Build is { } build)
            {
                DockerfileDocument document = DockerfileDocument.Load(build.Dockerfile);
                _instructions = [.. document.Stages.SelectMany(static stage => stage.Instructions)];
                _lines = document.Text.Split('\n');
            }
        }
        catch (DevcontainerException)
        {
            // Findings are told without their place.
        }
    }

    /// <summary>A finding with its place, where that is known.</summary>
    internal Finding Locate(Finding finding) =>
        finding.Diagnostic.Location is null && PlaceOf(finding) is { } place ? finding with { Diagnostic = finding.Diagnostic with { Location = place } } : finding;

    private SourceLocation? PlaceOf(Finding finding) =>
        finding.Id == UserGate.RootUser ? UserPlace()
        : finding.Package is { } package && _packages.Value.TryGetValue(package, out SourceLocation? place) ? place
        : finding.Instruction is { } instruction ? InstructionPlace(instruction)
        : null;

    private SourceLocation? UserPlace() => _configuration is null ? null
        : (_configuration.Raw["remoteUser"] ?? _configuration.Raw["containerUser"]) is { } user ? _configuration.LocationOf(user)
        : _instructions.LastOrDefault(static instruction => instruction.Keyword == "USER")?.Location ?? new SourceLocation(_configuration.File, 1);

    private SourceLocation? InstructionPlace(string created)
    {
        string step = Flat(created);
        const string Feature = "Feature ";
        if (StepName.Shorten(created) is { } name && name.StartsWith(Feature, StringComparison.Ordinal))
        {
            return _configuration?.Features.FirstOrDefault(feature => LastPart(feature.Id) == name[Feature.Length..])?.Location;
        }

        // The last one of the same text: what came after it in the image came after it here.
        return _instructions.LastOrDefault(instruction =>
            step.StartsWith(instruction.Keyword + " ", StringComparison.Ordinal) && TextOf(instruction) is { Length: > 0 } text && step.Contains(text, StringComparison.Ordinal))?.Location;
    }

    // The instruction's arguments as the engine writes them into the history: without flags, comments and ends of lines.
    private string TextOf(DockerfileInstruction instruction)
    {
        IEnumerable<string> lines = _lines[(instruction.Location.Line - 1)..Math.Min(instruction.EndLine, _lines.Length)]
            .Select(static line => line.TrimEnd('\r').Trim())
            .Where(static line => !line.StartsWith('#'))
            .Select(static line => line.EndsWith('\\') || line.EndsWith('`') ? line[..^1] : line);
        string text = Flat(string.Join(' ', lines));
        int start = text.IndexOf(' ', StringComparison.Ordinal) + 1;
        while (text.AsSpan(start).StartsWith("--", StringComparison.Ordinal) && text.IndexOf(' ', start) is > 0 and int end)
        {
            start = end + 1;
        }

        return text[start..];
    }

    // The first place that names each package, in the files that say most about versions first.
    private Dictionary<string, SourceLocation> ReadPackages()
    {
        var packages = new Dictionary<string, SourceLocation>(StringComparer.OrdinalIgnoreCase);
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true };
        foreach (string file in PackageFiles.SelectMany(pattern => Directory.EnumerateFiles(_workspaceFolder, pattern, options).Take(MostFiles).Order(StringComparer.Ordinal)))
        {
            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                if (PackageLine().Match(line) is { Success: true } match)
                {
                    packages.TryAdd(match.Groups["id"].Value, new SourceLocation(file, number, match.Index + 1));
                }
            }
        }

        return packages;
    }

    // Of `ghcr.io/devcontainers/features/node:1` node, of `./local` local.
    private static string LastPart(string id)
    {
        string part = id[(id.LastIndexOf('/') + 1)..];
        return part.Split('@', ':')[0];
    }

    private static string Flat(string text) => WhiteSpace().Replace(text, " ").Trim();

    [GeneratedRegex("\\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex("<(?:Global)?Package(?:Version|Reference|Download)\\s[^>]*?(?:Include|Update)\\s*=\\s*[\"'](?<id>[^\"']+)[\"']")]
    private static partial Regex PackageLine();
}

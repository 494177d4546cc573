using System.Text;

namespace Devcontainer.Prebuild.Sboms.Python;

/// <summary>
/// Finds Python distributions by their metadata: <c>*.dist-info/METADATA</c> of wheels, and <c>*.egg-info</c>, which setuptools and Debian
/// leave (packaging.python.org, "Recording installed projects" and "Core metadata").
/// </summary>
internal sealed class PythonCataloger : PackageFileCataloger
{
    private const string LicenseClassifier = "License :: ";

    // The classifiers that mean one licence of the SPDX list and no other.
    private static readonly Dictionary<string, string> Classifiers = new(StringComparer.Ordinal)
    {
        ["OSI Approved :: MIT License"] = "MIT",
        ["OSI Approved :: Apache Software License"] = "Apache-2.0",
        ["OSI Approved :: ISC License (ISCL)"] = "ISC",
        ["OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"] = "MPL-2.0",
        ["OSI Approved :: Python Software Foundation License"] = "PSF-2.0",
        ["OSI Approved :: The Unlicense (Unlicense)"] = "Unlicense",
    };

    /// <inheritdoc/>
    public override bool Wants(string path) =>
        path.EndsWith(".dist-info/METADATA", StringComparison.Ordinal)
        || path.EndsWith(".egg-info/PKG-INFO", StringComparison.Ordinal)
        || path.EndsWith(".egg-info", StringComparison.Ordinal)
        || path.EndsWith(".egg/EGG-INFO/PKG-INFO", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override IReadOnlyList<ImagePackage> ReadPackages(string path, ReadOnlySpan<byte> content)
    {
        ILookup<string, string> fields = Fields(Encoding.UTF8.GetString(content));
        if (First(fields, "name") is not { } name || First(fields, "version") is not { } version)
        {
            return [];
        }

        return
        [
            new ImagePackage
            {
                Name = name,
                Version = version,
                // The type's names are in lower case, with dashes (purl-spec, types/pypi-definition.json).
                Purl = PackageUrl.Create("pypi", null, name.ToLowerInvariant().Replace('_', '-'), version),
                Maintainer = ActorOf(fields, "maintainer") ?? ActorOf(fields, "author"),
                Summary = First(fields, "summary"),
                Homepage = First(fields, "home-page") ?? HomepageOf(fields["project-url"]),
                License = LicenseExpression.Parse(First(fields, "license-expression") ?? LicenseOf(fields["classifier"]) ?? First(fields, "license")),
            },
        ];
    }

    // Fields as in a mail, up to the empty line that the description comes after; of a value of several lines the first.
    private static ILookup<string, string> Fields(string text)
    {
        var fields = new List<(string Name, string Value)>();
        using var lines = new StringReader(text);
        while (lines.ReadLine() is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            // setuptools writes UNKNOWN for what it was not told.
            if (colon > 0 && !char.IsWhiteSpace(line[0]) && line[(colon + 1)..].Trim() is { Length: > 0 } value and not "UNKNOWN")
            {
                fields.Add((line[..colon], value));
            }
        }

        return fields.ToLookup(static field => field.Name, static field => field.Value, StringComparer.OrdinalIgnoreCase);
    }

    private static string? First(ILookup<string, string> fields, string name) => fields[name].FirstOrDefault();

    // The name in one field and the address in another, or both in the second; of several people the first.
    private static string? ActorOf(ILookup<string, string> fields, string role)
    {
        string? name = First(fields, role);
        string? address = First(fields, role + "-email")?.Split(',')[0];
        return name is null || address is null ? name ?? address : address.Contains('<', StringComparison.Ordinal) ? address : $"{name} <{address}>";
    }

    // "Homepage, https://…"
    private static string? HomepageOf(IEnumerable<string> urls) => urls
        .Select(static url => url.Split(',', 2, StringSplitOptions.TrimEntries))
        .FirstOrDefault(static url => url is [var label, _] && label.Equals("homepage", StringComparison.OrdinalIgnoreCase))?[1];

    // One of several would be a guess.
    private static string? LicenseOf(IEnumerable<string> classifiers) =>
        classifiers.Where(static one => one.StartsWith(LicenseClassifier, StringComparison.Ordinal)).Take(2).ToArray() is [var one]
            ? Classifiers.GetValueOrDefault(one[LicenseClassifier.Length..])
            : null;
}

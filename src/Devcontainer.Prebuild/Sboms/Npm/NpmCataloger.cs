using System.Text.Json;

namespace Devcontainer.Prebuild.Sboms.Npm;

/// <summary>Finds Node.js packages: what npm, pnpm and Yarn installed, and what Debian packaged, by each one's <c>package.json</c>.</summary>
internal sealed class NpmCataloger : PackageFileCataloger
{
    private const string FileName = "/package.json";
    private const string Modules = "node_modules/";
    private const string DebianModules = "usr/share/nodejs/";

    // Packages bring such folders with made-up packages in them.
    private static readonly string[] FixtureFolders = ["/test/", "/tests/", "/__tests__/", "/fixtures/", "/__fixtures__/", "/testdata/"];

    /// <inheritdoc/>
    public override bool Wants(string path)
    {
        if (!path.EndsWith(FileName, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> folder = path.AsSpan(0, path.Length - FileName.Length);
        if (folder.StartsWith(DebianModules, StringComparison.Ordinal))
        {
            return IsName(folder[DebianModules.Length..]) || IsInstalled(folder);
        }

        // Node.js images have Yarn here, linked to from /usr/local/bin.
        return IsInstalled(folder) || (folder.StartsWith("opt/yarn-v", StringComparison.Ordinal) && folder[4..].IndexOf('/') < 0);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<ImagePackage> ReadPackages(string path, ReadOnlySpan<byte> content)
    {
        using JsonDocument document = JsonFields.Parse(content);
        JsonElement package = document.RootElement;
        if (JsonFields.Text(package, "name") is not { } name || JsonFields.Text(package, "version") is not { } version)
        {
            return [];
        }

        int slash = name.StartsWith('@') ? name.IndexOf('/', StringComparison.Ordinal) : -1;
        return
        [
            new ImagePackage
            {
                Name = name,
                Version = version,
                Purl = PackageUrl.Create("npm", slash < 0 ? null : name[..slash], name[(slash + 1)..], version),
                Maintainer = AuthorOf(package),
                Homepage = JsonFields.Text(package, "homepage"),
                License = LicenseOf(package),
            },
        ];
    }

    // "node_modules/name" or "node_modules/@scope/name", and not in a fixture of another package.
    private static bool IsInstalled(ReadOnlySpan<char> folder)
    {
        int last = folder.LastIndexOf(Modules, StringComparison.Ordinal);
        if (last < 0 || (last > 0 && folder[last - 1] != '/') || !IsName(folder[(last + Modules.Length)..]))
        {
            return false;
        }

        ReadOnlySpan<char> above = folder[..last];
        int first = above.IndexOf(Modules, StringComparison.Ordinal);
        if (first < 0)
        {
            return true;
        }

        // The name of the outermost package may itself be "test".
        ReadOnlySpan<char> between = above[(first + Modules.Length)..];
        foreach (string fixtures in FixtureFolders)
        {
            int at = between.IndexOf(fixtures, StringComparison.Ordinal);
            if (at >= 0 && !between[..(at + 1)].EndsWith(Modules, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        int slash = text.IndexOf('/');
        return text.StartsWith('@') ? slash > 0 && text[(slash + 1)..].IndexOf('/') < 0 : slash < 0;
    }

    // "name <address> (web site)", or the same as an object.
    private static string? AuthorOf(JsonElement package)
    {
        if (JsonFields.Object(package, "author") is { } author)
        {
            string? address = JsonFields.Text(author, "email");
            return JsonFields.Text(author, "name") is { } name && address is not null ? $"{name} <{address}>" : JsonFields.Text(author, "name") ?? address;
        }

        return JsonFields.Text(package, "author") is { } text ? text.Split('(')[0].Trim() : null;
    }

    // A text, or as npm once had it {"type": …}, or "licenses" with several of those.
    private static License? LicenseOf(JsonElement package)
    {
        if (JsonFields.Text(package, "license") is { } text)
        {
            return LicenseExpression.Parse(text);
        }

        if (JsonFields.Object(package, "license") is { } one)
        {
            return LicenseExpression.Parse(JsonFields.Text(one, "type"));
        }

        return JsonFields.Array(package, "licenses") is { } several
            ? LicenseExpression.Parse(string.Join(" OR ", several.EnumerateArray().Select(static license => JsonFields.Text(license, "type")).OfType<string>()))
            : null;
    }
}

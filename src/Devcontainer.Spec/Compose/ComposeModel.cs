using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>
/// Compose files that are one project: read, put over each other, with what they include and extend. Only what is asked for is looked at: what a prebuild does not
/// use may say what it likes, and needs no variable.
/// </summary>
internal sealed class ComposeModel
{
    // As many values as Compose looks at in a file; what aliases stand for counts each time.
    private const int MostValues = 100_000;

    private readonly ComposeFiles _files;
    private readonly List<Document> _documents = [];

    /// <param name="files">Knows the repository, and gathers what is read.</param>
    /// <param name="folder">Absolute path that the files' paths are relative to.</param>
    /// <param name="variables">What variables stand for.</param>
    /// <param name="paths">Absolute paths of the files, the last one over the others.</param>
    /// <param name="includes">The files that include this one, outermost first; null where what they include does not count.</param>
    /// <exception cref="DevcontainerException">One cannot be read.</exception>
    internal ComposeModel(ComposeFiles files, string folder, ComposeVariables variables, IReadOnlyList<string> paths, IReadOnlyList<string>? includes)
    {
        _files = files;
        Folder = folder;
        Variables = variables;
        foreach (string path in paths)
        {
            foreach (YamlNode root in files.Read(path))
            {
                YamlMapping mapping = root as YamlMapping ?? throw new DevcontainerException(Codes.ComposeInvalid, root.Location, $"'{path}'", "it is no mapping with 'services' in it");
                _documents.Add(new Document(path, mapping, includes is null ? [] : [.. Included(mapping, [.. includes, path])]));
            }
        }
    }

    /// <summary>Absolute path that paths are relative to.</summary>
    internal string Folder { get; }

    /// <summary>What variables stand for.</summary>
    internal ComposeVariables Variables { get; }

    /// <summary>The names of all services, sorted.</summary>
    internal IEnumerable<string> Services => _documents.SelectMany(static document => Names(document)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>What all files together say of a service or of a secret: of a service that part that an image is made by.</summary>
    /// <param name="section"><c>services</c> or <c>secrets</c>.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="DevcontainerException">DEVC1011: what they say makes no sense. DEVC1014: it needs a variable that the project does not allow.</exception>
    internal YamlMapping? Find(string section, string name) => Find(section, name, []);

    private YamlMapping? Find(string section, string name, HashSet<(string File, string Service)> extending)
    {
        YamlNode? merged = null;
        foreach (Document document in _documents)
        {
            if (FindIn(document, section, name, extending) is { } own)
            {
                merged = ComposeMerge.Merge(merged, own, $"{section}.{name}");
            }
        }

        return merged as YamlMapping;
    }

    // Without the files before it: what a service extends is in its own file, or in what that includes.
    private YamlNode? FindIn(Document document, string section, string name, HashSet<(string File, string Service)> extending)
    {
        YamlNode? own = Own(document, section, name);
        foreach (ComposeModel included in document.Included)
        {
            if (included.Find(section, name) is { } imported)
            {
                own = own is null ? imported : ComposeMerge.Merge(imported, own, $"{section}.{name}");
            }
        }

        return own is YamlMapping mapping && mapping["extends"] is { } extends ? Extended(document, name, mapping, extends, extending) : own;
    }

    private YamlNode? Own(Document document, string section, string name)
    {
        string path = $"{section}.{name}";
        if (document.Root[section] is not { } all)
        {
            return null;
        }

        if (all is not YamlMapping entries)
        {
            throw Invalid(all, section, "it is no mapping");
        }

        if (!entries.Entries.TryGetValue(name, out YamlNode? node) || node is YamlScalar)
        {
            return node is { Tag: MergeTag.Reset } or null ? node : throw Invalid(node, path, "it is no mapping");
        }

        if (node is not YamlMapping written)
        {
            throw Invalid(node, path, "it is no mapping");
        }

        if (section == "services")
        {
            ComposeSchema.WarnOfService(written, name, _files.Warnings);
        }

        int budget = MostValues;
        var used = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach ((string property, YamlNode value) in written.Entries)
        {
            if (ComposeSchema.IsUsed(section, property))
            {
                used[property] = ComposeSchema.Canonical(Replace(value, $"{path}.{property}", ref budget), section, property, path, Folder);
            }
        }

        return new YamlMapping(used, written.Location, written.Tag);
    }

    private YamlNode? Extended(Document document, string name, YamlMapping own, YamlNode extends, HashSet<(string File, string Service)> extending)
    {
        string path = $"services.{name}.extends";
        (YamlNode? service, YamlNode? file) = extends is YamlMapping mapping ? (mapping["service"], mapping["file"]) : (extends, null);
        string from = (service as YamlScalar)?.Text ?? throw Invalid(extends, path, "it names no 'service'");
        if (!extending.Add((document.File, name)))
        {
            throw Invalid(extends, path, "it leads back to itself");
        }

        YamlNode? below;
        if (file is null)
        {
            below = FindIn(document, "services", from, extending);
        }
        else
        {
            string other = _files.Find((file as YamlScalar)?.Text ?? throw Invalid(file, path + ".file", "it is no path"), Folder, file.Location);
            below = new ComposeModel(_files, Path.GetDirectoryName(other)!, Variables, [other], includes: null).Find("services", from, extending);
        }

        extending.Remove((document.File, name));
        if (below is null)
        {
            throw Invalid(service!, path, $"there is no service '{JsonText.Escape(from)}' to extend");
        }

        var more = new OrderedDictionary<string, YamlNode>(own.Entries, StringComparer.Ordinal);
        more.Remove("extends");
        return ComposeMerge.Merge(below, new YamlMapping(more, own.Location, own.Tag), $"services.{name}");
    }

    private IEnumerable<ComposeModel> Included(YamlMapping root, IReadOnlyList<string> by)
    {
        int budget = MostValues;
        if (root["include"] is not { } include)
        {
            yield break;
        }

        if (Replace(include, "include", ref budget) is not YamlSequence several)
        {
            throw Invalid(include, "include", "it is no list");
        }

        foreach (YamlNode one in several.Items)
        {
            yield return Included(one, by);
        }
    }

    private ComposeModel Included(YamlNode one, IReadOnlyList<string> by)
    {
        var mapping = one as YamlMapping;
        YamlScalar[] written = [.. Scalars(mapping is null ? one : mapping["path"], one, "include.path")];
        if (written.Length == 0)
        {
            throw Invalid(one, "include", "it names no 'path'");
        }

        string[] paths = [.. written.Select(path => _files.Find(path.Text, Folder, path.Location))];
        if (by.Contains(paths[0]))
        {
            throw Invalid(one, "include", "it leads back to itself");
        }

        string folder = mapping?["project_directory"] is YamlScalar directory ? Path.GetFullPath(directory.Text, Folder) : Path.GetDirectoryName(paths[0])!;
        EnvironmentFile?[] environment = mapping?["env_file"] is { } file
            ? [.. Scalars(file, one, "include.env_file").Where(static path => path.Text != "/dev/null").Select(path => _files.ReadEnvironment(_files.Find(path.Text, Folder, path.Location)))]
            : [_files.ReadEnvironment(Path.Combine(folder, ".env"))];
        return new ComposeModel(_files, folder, Variables.With(environment.OfType<EnvironmentFile>()), paths, by);
    }

    private YamlNode Replace(YamlNode node, string path, ref int budget)
    {
        if (--budget < 0)
        {
            throw Invalid(node, path, $"it has more than {MostValues} values, aliases followed");
        }

        switch (node)
        {
            case YamlScalar { Kind: ScalarKind.String } scalar:
                return new YamlScalar(Variables.Substitute(scalar.Text, scalar.Location, path), ScalarKind.String, scalar.Location, scalar.Tag);
            case YamlSequence sequence:
                var items = new List<YamlNode>(sequence.Items.Count);
                foreach (YamlNode item in sequence.Items)
                {
                    items.Add(Replace(item, path, ref budget));
                }

                return new YamlSequence(items, sequence.Location, sequence.Tag);
            case YamlMapping mapping:
                var entries = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
                foreach ((string name, YamlNode value) in mapping.Entries)
                {
                    entries[name] = Replace(value, $"{path}.{name}", ref budget);
                }

                return new YamlMapping(entries, mapping.Location, mapping.Tag);
            default:
                return node;
        }
    }

    private static IEnumerable<string> Names(Document document) =>
        [.. (document.Root["services"] as YamlMapping)?.Entries.Select(static service => service.Key) ?? [], .. document.Included.SelectMany(static included => included.Services)];

    private static IEnumerable<YamlScalar> Scalars(YamlNode? node, YamlNode at, string path) =>
        (node is YamlSequence several ? several.Items : node is null ? [] : [node]).Select(one => one as YamlScalar ?? throw Invalid(at, path, "it is no path"));

    private static DevcontainerException Invalid(YamlNode node, string path, string reason) => new(Codes.ComposeInvalid, node.Location, $"'{JsonText.Escape(path)}'", reason);

    /// <summary>A document of a file.</summary>
    /// <param name="File">Absolute path of the file.</param>
    /// <param name="Root">What it says.</param>
    /// <param name="Included">What it includes.</param>
    private sealed record Document(string File, YamlMapping Root, IReadOnlyList<ComposeModel> Included);
}

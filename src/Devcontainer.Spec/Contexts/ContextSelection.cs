using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Spec.Contexts;

/// <summary>
/// The part of a build context that a build reads: what COPY, ADD and bind mounts of the stages it needs name. It is what the engine itself would
/// ask of a client (moby/buildkit <c>frontend/dockerfile/dockerfile2llb/convert.go</c>, ctxPaths; tonistiigi/fsutil <c>followlinks.go</c>),
/// less what an <c>--exclude</c> leaves out; so the image is the same as with the whole context.
/// </summary>
/// <param name="Entries">What is read, in the order of <see cref="BuildContext.Enumerate"/>, with the folders it lies in.</param>
/// <param name="IsWhole">Whether it is all of the context that is not ignored.</param>
/// <param name="Reason">Why it is the whole context although no instruction says so; null where what is read was found out.</param>
public sealed record ContextSelection(IReadOnlyList<ContextEntry> Entries, bool IsWhole, string? Reason)
{
    /// <summary>Selects.</summary>
    /// <param name="root">The folder of the context.</param>
    /// <param name="ignore">What is no part of it.</param>
    /// <param name="git">Says which files can be executed; null outside git.</param>
    /// <param name="sources">What the build reads: <see cref="ResolvedDockerfile.Sources"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Diagnostics.DevcontainerException">As <see cref="BuildContext.Enumerate"/>.</exception>
    public static ContextSelection Select(
        string root,
        IgnoreFile ignore,
        GitIndex? git,
        IReadOnlyList<ContextSource> sources,
        CancellationToken cancellationToken = default)
    {
        foreach (ContextSource source in sources)
        {
            if (source.Undecided is { } reason)
            {
                return new ContextSelection(BuildContext.Enumerate(root, ignore, git, cancellationToken), true, reason);
            }
        }

        var tree = new ContextTree(root, ignore, git, cancellationToken);
        var selector = new Selector(tree);
        foreach (ContextSource source in sources)
        {
            if (!selector.Add(source, out string? undecided))
            {
                return new ContextSelection(BuildContext.Enumerate(root, ignore, git, cancellationToken), true, undecided);
            }
        }

        var nodes = new List<ContextNode>();
        AddSelected(tree.Root, nodes);
        return new ContextSelection(tree.Entries(nodes), selector.IsWhole, null);
    }

    private static void AddSelected(ContextNode folder, List<ContextNode> nodes)
    {
        // Where all of a folder has been asked for, it is sorted already.
        ContextNode[]? sorted = folder.Visible;
        if (sorted is null)
        {
            sorted = [.. folder.All ?? []];
            Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Path, right.Path));
        }

        foreach (ContextNode node in sorted)
        {
            if (node.IsSelected)
            {
                nodes.Add(node);
                AddSelected(node, nodes);
            }
        }
    }

    /// <summary>Marks what sources name.</summary>
    private sealed class Selector(ContextTree tree)
    {
        /// <summary>As many as Linux follows (path_resolution(7)).</summary>
        private const int MostLinks = 40;

        private readonly HashSet<string> followed = new(StringComparer.Ordinal);

        public bool IsWhole { get; private set; }

        /// <summary>Marks what a source names; false, and why, where that cannot be told.</summary>
        public bool Add(ContextSource source, out string? undecided)
        {
            undecided = null;
            IgnoreFile? excludes = source.Excludes.Count == 0 ? IgnoreFile.None : IgnoreFile.FromPatterns(source.Excludes);
            string path = GoPath.Clean("/" + source.Path)[1..];
            bool isPattern = source.Kind != ContextSourceKind.Mount && path.AsSpan().IndexOfAny("*?[\\") >= 0;
            if (excludes is null || (isPattern && !GoPath.IsValidPattern(path)))
            {
                undecided = $"a pattern of '{source.Path}' cannot be understood";
                return false;
            }

            int pivot = source.Parents ? source.Path.IndexOf("/./", StringComparison.Ordinal) : -1;
            string relativeTo = pivot < 0 ? string.Empty : GoPath.Clean("/" + source.Path[..pivot])[1..];
            if (GoPath.HasWildcard(relativeTo))
            {
                undecided = $"'{source.Path}' has a wildcard before '/./'";
                return false;
            }

            var resolved = new HashSet<string>(StringComparer.Ordinal);
            if (relativeTo.Length > 0)
            {
                // The part before the pivot must be there, even if nothing in it matches.
                Follow(relativeTo, isPattern: false, resolved);
                foreach (string place in resolved)
                {
                    if (tree.Find(place) is { } node)
                    {
                        Mark(node);
                    }
                }

                resolved.Clear();
            }

            Follow(path, isPattern, resolved);
            foreach (string place in resolved)
            {
                if (place.Length == 0)
                {
                    SelectAll(tree.Root, string.Empty, excludes, default);
                    IsWhole |= excludes == IgnoreFile.None;
                }
                else if (!isPattern || !GoPath.HasWildcard(place))
                {
                    SelectPlace(
                        place, source.Parents ? relativeTo : place, source.Parents && place != path ? IgnoreFile.None : excludes);
                }
                else if (source.Parents)
                {
                    // With --parents ** means any folders. What it excludes is left in: that is never wrong.
                    SelectMatches(tree.Root, new IgnorePattern(place, isException: false));
                }
                else
                {
                    SelectMatches(tree.Root, place.Split('/'), 0);
                }
            }

            return true;
        }

        /// <summary>
        /// Adds a path and, where part of it is a symbolic link, the path that it leads to; links do not lead out of the context.
        /// </summary>
        private void Follow(string path, bool isPattern, HashSet<string> resolved, int links = 0)
        {
            if (links == 0)
            {
                followed.Clear();
            }

            if (!followed.Add(path))
            {
                return;
            }

            string[] parts = path.Split('/');
            for (int i = 0; i < parts.Length; i++)
            {
                string current = string.Join('/', parts, 0, i + 1);
                if (current.Length == 0 || Targets(current, isPattern) is not { } targets)
                {
                    continue;
                }

                resolved.Add(current);
                string rest = string.Join('/', parts, i + 1, parts.Length - i - 1);
                foreach (string target in targets)
                {
                    if (links < MostLinks)
                    {
                        Follow(GoPath.Clean($"/{target}/{rest}")[1..], isPattern, resolved, links + 1);
                    }
                }

                return;
            }

            resolved.Add(path);
        }

        /// <summary>Where the links that a path names lead; null where it names none.</summary>
        private List<string>? Targets(string path, bool isPattern)
        {
            int slash = path.LastIndexOf('/');
            string name = path[(slash + 1)..];
            if (!isPattern || !GoPath.HasWildcard(name))
            {
                return tree.Find(path) is { } link && tree.IsLink(link) ? [Target(link)] : null;
            }

            List<string>? targets = null;
            ContextNode? folder = slash < 0 ? tree.Root : tree.Find(path.AsSpan(0, slash));
            if (folder is { IsDirectory: true })
            {
                foreach (ContextNode child in tree.Children(folder))
                {
                    if (GoPath.IsMatch(name, child.Name) && tree.IsLink(child))
                    {
                        (targets ??= []).Add(Target(child));
                    }
                }
            }

            return targets;
        }

        private string Target(ContextNode link)
        {
            string target = tree.Entry(link)!.LinkTarget!;
            return target.StartsWith('/') ? target : $"/{link.Parent!.Path}/{target}";
        }

        /// <summary>
        /// Adds a path without wildcards and all that is below it. The patterns of --exclude are relative to the folder that is copied;
        /// with --parents, to the part before the pivot.
        /// </summary>
        private void SelectPlace(string place, string relativeTo, IgnoreFile excludes)
        {
            if (tree.Find(place) is not { } node)
            {
                // The engine says what is missing.
                return;
            }

            IgnoreState state = default;
            string inner = place.Length > relativeTo.Length ? place[relativeTo.Length..].TrimStart('/') : string.Empty;
            for (int end = 0; inner.Length > 0 && end < inner.Length;)
            {
                int slash = inner.IndexOf('/', end);
                end = slash < 0 ? inner.Length : slash;
                state = excludes.Match(inner[..end], state);
                end++;
            }

            Mark(node);
            if (node.IsDirectory)
            {
                SelectAll(node, inner, excludes, state);
            }
        }

        /// <summary>Adds what a folder holds; <paramref name="relative"/> is what the excludes' paths for it begin with.</summary>
        private void SelectAll(ContextNode folder, string relative, IgnoreFile excludes, IgnoreState state)
        {
            ContextNode[] children = tree.Children(folder);
            tree.ReadAhead(children);
            foreach (ContextNode child in children)
            {
                // Without excludes the path tells nothing.
                string path = excludes == IgnoreFile.None ? string.Empty
                    : relative.Length == 0 ? child.Name.ToString()
                    : string.Concat(relative, "/", child.Name);
                IgnoreState own = excludes.Match(path, state);
                if (!own.IsIgnored)
                {
                    Mark(child);
                }

                if (child.IsDirectory && (!own.IsIgnored || excludes.HasExceptions))
                {
                    SelectAll(child, path, excludes, own);
                }
            }
        }

        private void SelectMatches(ContextNode folder, string[] pattern, int depth)
        {
            foreach (ContextNode child in tree.Children(folder))
            {
                if (!GoPath.IsMatch(pattern[depth], child.Name))
                {
                    continue;
                }

                if (depth == pattern.Length - 1)
                {
                    SelectTree(child);
                    if (tree.IsLink(child))
                    {
                        SelectTargets(child);
                    }
                }
                else if (child.IsDirectory)
                {
                    SelectMatches(child, pattern, depth + 1);
                }
            }
        }

        private void SelectMatches(ContextNode folder, IgnorePattern pattern)
        {
            foreach (ContextNode child in tree.Children(folder))
            {
                if (pattern.IsMatch(child.Path))
                {
                    SelectTree(child);
                }
                else if (child.IsDirectory)
                {
                    SelectMatches(child, pattern);
                }
            }
        }

        /// <summary>Adds what a link leads to, by as many links as it takes.</summary>
        private void SelectTargets(ContextNode link)
        {
            var resolved = new HashSet<string>(StringComparer.Ordinal);
            Follow(link.Path, isPattern: false, resolved);
            foreach (string place in resolved)
            {
                if (place.Length == 0)
                {
                    SelectAll(tree.Root, string.Empty, IgnoreFile.None, default);
                    IsWhole = true;
                }
                else if (tree.Find(place) is { } node)
                {
                    SelectTree(node);
                }
            }
        }

        private void SelectTree(ContextNode node)
        {
            Mark(node);
            if (node.IsDirectory)
            {
                SelectAll(node, string.Empty, IgnoreFile.None, default);
            }
        }

        private static void Mark(ContextNode node)
        {
            for (ContextNode? at = node; at is { IsSelected: false }; at = at.Parent)
            {
                at.IsSelected = true;
            }
        }
    }
}

using System.Text;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Prebuild.Keys;
using Devcontainer.Spec;
using Devcontainer.Spec.Contexts;
using Devcontainer.Spec.Dockerfiles;

namespace Devcontainer.Prebuild.Plan;

/// <summary>
/// The plan on disk, as the build is given it: the generated Dockerfile, the context with fixed modes and times, and each Feature as an OCI
/// layout of one canonical layer, so that nothing of the machine reaches the engine's cache.
/// </summary>
internal sealed class PlanFiles
{
    private readonly string _root;
    private readonly PrebuildPlan _plan;
    private readonly Dictionary<string, string> _dockerfiles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<KeyValuePair<string, string>>> _features = new(StringComparer.Ordinal);

    private PlanFiles(string root, PrebuildPlan plan)
    {
        _root = root;
        _plan = plan;
        Context = Path.Combine(root, "context", NameOf(plan.Inputs.Context));
    }

    /// <summary>
    /// Absolute path of the main context: empty where the build has none. Its last part stands for its content, since BuildKit keeps what it was sent under
    /// that name, by whatever project, and takes from it each file that has the same size and time (moby/buildkit issue 2592, docker/buildx issue
    /// 3093). Times are fixed here: of two files of one size it would build the first.
    /// </summary>
    internal string Context { get; }

    /// <summary>Absolute path of a platform's Dockerfile.</summary>
    internal string Dockerfile(Platform platform) => _dockerfiles[platform.ToString()];

    /// <summary>The named contexts of the Features for a platform.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> FeatureContexts(Platform platform) => _features[platform.ToString()];

    /// <summary>Keeps what buildx is given on standard input beside the files that it names.</summary>
    internal void WriteDefinition(byte[] definition) => AtomicFile.Write(Path.Combine(_root, "bake.json"), definition);

    /// <summary>Writes the plan into a folder, which is emptied first.</summary>
    internal static PlanFiles Write(PrebuildPlan plan, string root, CancellationToken cancellationToken)
    {
        if (Directory.Exists(root))
        {
            OutputFolder.Delete(root);
        }

        Directory.CreateDirectory(root);
        var files = new PlanFiles(root, plan);
        files.WriteDockerfiles();
        files.WriteContext(cancellationToken);
        files.WriteFeatures();
        PlanDocument.Write(plan, root);
        return files;
    }

    // One file for all platforms where it is the same, which it is unless their base images have other users.
    private void WriteDockerfiles()
    {
        foreach (PlatformPlan platform in _plan.Platforms)
        {
            bool shared = platform.Dockerfile == _plan.Platforms[0].Dockerfile;
            string path = Path.Combine(_root, shared ? "Dockerfile" : $"Dockerfile.{platform.Platform.FileName}");
            AtomicFile.WriteIfChanged(path, Encoding.UTF8.GetBytes(platform.Dockerfile));

            // The context is filtered already. A .dockerignore in it is one of its files, and may not be the one that counted.
            AtomicFile.WriteIfChanged(path + ".dockerignore", "# plan/context is what is built, all of it.\n"u8.ToArray());
            _dockerfiles.Add(platform.Platform.ToString(), path);
        }
    }

    private static string NameOf(FileTree? context)
    {
        const int length = 16;
        using var hash = new KeyHasher("context");
        context?.AddTo(hash);
        return hash.ToKey()[..length];
    }

    private void WriteContext(CancellationToken cancellationToken)
    {
        if (_plan.Inputs.Context is { } context)
        {
            BuildContext.Materialize(context.Root, context.Entries, Context, context.Expected(), cancellationToken);
        }
        else
        {
            Directory.CreateDirectory(Context);
        }
    }

    private void WriteFeatures()
    {
        bool isOne = _plan.Inputs.Request.ReferenceCompatible && _plan.Inputs.Features.Count > 0;
        OciLayout? layout = null;
        var written = new Dictionary<string, Descriptor>(StringComparer.Ordinal);
        foreach (PlatformPlan platform in _plan.Platforms)
        {
            _features.Add(platform.Platform.ToString(), isOne
                ? [ContextOf(PrebuildDockerfile.ReferenceContext, string.Empty, platform, () => ReferenceEntries(platform))]
                : [
                    .. _plan.Inputs.Features.Select(feature => ContextOf(
                        PrebuildPlanner.ContextName(feature), feature.Files.FolderName, platform, () => Entries(feature, platform.BuiltinEnvironment))),
                ]);
        }

        // What is the same for several platforms is written once.
        KeyValuePair<string, string> ContextOf(string name, string folder, PlatformPlan platform, Func<List<TarEntry>> entries)
        {
            layout ??= OciLayout.Create(Path.Combine(_root, "features"));
            string same = $"{folder}\0{platform.BuiltinEnvironment}";
            if (!written.TryGetValue(same, out Descriptor? image))
            {
                image = layout.WriteSingleLayerImage(entries(), BuildContext.Timestamp);
                written.Add(same, image);
            }

            return new KeyValuePair<string, string>(name, $"oci-layout://{layout.Root}@{image.Digest}");
        }
    }

    /// <summary>A Feature's files under its folder's name, beside the file of the users, all executable as in the reference CLI.</summary>
    private static List<TarEntry> Entries(FeatureInput feature, string builtinEnvironment) =>
    [
        TarEntry.File(FeatureInstallFiles.BuiltinEnvironmentName, TarEntry.ExecutableMode, Encoding.UTF8.GetBytes(builtinEnvironment)),
        .. Entries(feature, static _ => TarEntry.ExecutableMode, TarEntry.ExecutableMode),
    ];

    /// <summary>
    /// The files of all Features with the modes that the reference CLI gives them, which are those on this machine: BuildKit's cache goes by them, and the
    /// image does not, for the layers that use them make every file executable.
    /// </summary>
    private List<TarEntry> ReferenceEntries(PlatformPlan platform) =>
    [
        TarEntry.File(FeatureInstallFiles.BuiltinEnvironmentName, TarEntry.PlainMode, Encoding.UTF8.GetBytes(platform.BuiltinEnvironment)),
        .. _plan.Inputs.Features.SelectMany(static feature => Entries(feature, path => ModeOf(Path.Combine(feature.Content.Root, path)), TarEntry.PlainMode)),
    ];

    private static int ModeOf(string path) => OperatingSystem.IsWindows() ? TarEntry.ExecutableMode : (int)File.GetUnixFileMode(path);

    private static List<TarEntry> Entries(FeatureInput feature, Func<string, int> modeOf, int ownMode)
    {
        string folder = feature.Files.FolderName;
        var entries = new List<TarEntry> { TarEntry.Directory(folder, modeOf(string.Empty)) };
        for (int i = 0; i < feature.Content.Entries.Count; i++)
        {
            ContextEntry entry = feature.Content.Entries[i];
            string path = $"{folder}/{entry.Path}";
            entries.Add(entry.Kind switch
            {
                ContextEntryKind.Directory => TarEntry.Directory(path, modeOf(entry.Path)),
                ContextEntryKind.SymbolicLink => TarEntry.SymbolicLink(path, entry.LinkTarget!),
                _ => TarEntry.File(path, modeOf(entry.Path), feature.Content.Content(i)),
            });
        }

        Replace(entries, TarEntry.File($"{folder}/{FeatureInstallFiles.EnvironmentName}", ownMode, Encoding.UTF8.GetBytes(feature.Files.Environment)));
        Replace(entries, TarEntry.File($"{folder}/{FeatureInstallFiles.ScriptName}", ownMode, Encoding.UTF8.GetBytes(feature.Files.Script)));
        return entries;
    }

    private static void Replace(List<TarEntry> entries, TarEntry entry)
    {
        entries.RemoveAll(known => known.Path == entry.Path);
        entries.Add(entry);
    }
}

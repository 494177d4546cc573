using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// Walks the stages that a target needs, with the variables as BuildKit has them
/// (moby/buildkit <c>frontend/dockerfile/dockerfile2llb/convert.go</c>).
/// </summary>
internal sealed class DockerfileResolver
{
    private const string Scratch = "scratch";
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly DockerfileDocument document;
    private readonly DockerfileInputs inputs;
    private readonly Dictionary<string, string> globals = new(StringComparer.Ordinal);
    private readonly List<StageNode> nodes;
    private readonly Dictionary<string, StageNode> nodesByName = new(StringComparer.Ordinal);
    private readonly List<ExternalImage> images = [];
    private readonly List<ContextSource> sources = [];

    public DockerfileResolver(DockerfileDocument document, DockerfileInputs inputs)
    {
        this.document = document;
        this.inputs = inputs;
        nodes = new List<StageNode>(document.Stages.Count);
    }

    public ResolvedDockerfile Resolve()
    {
        ExpandGlobals();
        foreach (DockerfileStage stage in document.Stages)
        {
            AddNode(stage);
        }

        StageNode target = FindTarget();
        foreach (StageNode node in nodes)
        {
            foreach (DockerfileInstruction instruction in node.Stage.Instructions)
            {
                AddDependencies(node, instruction);
            }
        }

        RefuseCycles();
        Reach(target);
        var stages = new List<ResolvedStage>();
        foreach (StageNode node in nodes)
        {
            if (node.Reachable)
            {
                new StageWalk(this, node).Run();
                stages.Add(node.Resolved!);
            }
        }

        return new ResolvedDockerfile(document, target.Resolved!, stages, images, sources);
    }

    private void ExpandGlobals()
    {
        PlatformArguments.Add(globals, inputs, inputs.Target ?? document.Stages[^1].Name);
        foreach (ArgInstruction arg in document.GlobalArguments)
        {
            foreach (ArgumentDeclaration declaration in arg.Declarations)
            {
                string? value = inputs.BuildArguments.TryGetValue(declaration.Name, out string? given)
                    ? given
                    : declaration.Default is null ? null : Expand(declaration.Default, globals, arg, null);
                if (value is not null)
                {
                    globals[declaration.Name] = value;
                }
            }
        }
    }

    private void AddNode(DockerfileStage stage)
    {
        var unset = new List<string>();
        string baseName = Expand(stage.From.BaseName, globals, stage.From, unset);
        if (baseName.Length == 0)
        {
            throw new DevcontainerException(Codes.DockerfileBaseBlank, stage.Location, stage.From.BaseName, string.Join(", ", unset));
        }

        string platform = PlatformArguments.Normalize(inputs.Platform);
        if (stage.From.Platform is { } given)
        {
            unset.Clear();
            string expanded = Expand(given, globals, stage.From, unset);
            platform = expanded.Length > 0
                ? PlatformArguments.Normalize(expanded)
                : throw new DevcontainerException(Codes.DockerfileBaseBlank, stage.Location, given, string.Join(", ", unset));
        }

        // The name is looked up as written, and names are kept in lower case: FROM Build is the image 'Build', not the stage 'build'.
        StageNode? baseNode = nodesByName.GetValueOrDefault(baseName);
        var node = new StageNode(stage, baseName, baseNode, platform);
        nodes.Add(node);
        if (stage.Name is not null)
        {
            nodesByName[stage.Name] = node;
        }

        // A stage that has the name of a given context is that context.
        node.IsContext = stage.Name is not null && inputs.NamedContexts.Contains(stage.Name);
    }

    private StageNode FindTarget()
    {
        if (inputs.Target is null)
        {
            return nodes[^1];
        }

        return nodesByName.GetValueOrDefault(inputs.Target.ToLowerInvariant())
            ?? throw new DevcontainerException(
                Codes.DockerfileTargetUnknown, new SourceLocation(document.File, 1, 1), inputs.Target, StageList());
    }

    private void AddDependencies(StageNode node, DockerfileInstruction instruction)
    {
        switch (instruction)
        {
            case CopyInstruction { From: { } from } copy:
                string expanded = Expand(from, [], copy, null);
                if (expanded != from)
                {
                    throw new DevcontainerException(
                        Codes.DockerfileInvalidInstruction,
                        copy.Location,
                        "--from cannot hold a variable; name a stage 'FROM … AS name' and copy from that");
                }

                AddDependency(node, copy, from, numbers: true);
                break;
            case RunInstruction run:
                foreach (MountFlag mount in run.Mounts)
                {
                    if (mount.From is { } source)
                    {
                        AddDependency(node, run, source, numbers: false);
                    }
                }

                break;
        }
    }

    private void AddDependency(StageNode node, DockerfileInstruction instruction, string from, bool numbers)
    {
        StageNode? stage;
        if (numbers && int.TryParse(from, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
        {
            stage = index >= 0 && index < nodes.Count
                ? nodes[index]
                : throw new DevcontainerException(Codes.DockerfileStageUnknown, instruction.Location, from, StageList());
        }
        else
        {
            stage = nodesByName.GetValueOrDefault(from.ToLowerInvariant());
        }

        node.Dependencies.Add(new StageDependency(instruction, from, stage));
    }

    private string StageList()
    {
        var names = new List<string>(nodes.Count);
        foreach (DockerfileStage stage in document.Stages)
        {
            names.Add(stage.DisplayName);
        }

        return string.Join(", ", names);
    }

    private void RefuseCycles()
    {
        foreach (StageNode node in nodes)
        {
            Visit(node);
        }

        static void Visit(StageNode node)
        {
            if (node.Visit == VisitState.Done)
            {
                return;
            }

            node.Visit = VisitState.Open;
            if (node.Base is { } below)
            {
                Visit(below);
            }

            foreach (StageDependency dependency in node.Dependencies)
            {
                if (dependency.Stage is { Visit: VisitState.Open } open)
                {
                    throw new DevcontainerException(
                        Codes.DockerfileStageOrder,
                        dependency.Instruction.Location,
                        node.Stage.DisplayName,
                        open.Stage.DisplayName,
                        "and that one needs this one");
                }

                if (dependency.Stage is { } stage)
                {
                    Visit(stage);
                }
            }

            node.Visit = VisitState.Done;
        }
    }

    private void Reach(StageNode node)
    {
        if (node.Reachable)
        {
            return;
        }

        node.Reachable = true;
        if (node.IsContext)
        {
            node.Dependencies.Clear();
            return;
        }

        if (node.Base is { } below)
        {
            Reach(below);
            foreach (DockerfileInstruction instruction in below.Stage.Instructions)
            {
                if (instruction is OnBuildInstruction onBuild)
                {
                    AddTrigger(node, onBuild.Trigger);
                }
            }
        }
        else if (node.BaseName != Scratch && !inputs.NamedContexts.Contains(node.BaseName))
        {
            node.Image = AddImage(node.BaseName, node.Platform, node.Stage.Location);
            node.ImageFacts = inputs.BaseImages?.Invoke(node.Image);
            foreach (string expression in node.ImageFacts?.OnBuild ?? [])
            {
                if (InstructionReader.ReadTrigger(expression, node.Stage.Location) is { } trigger)
                {
                    AddTrigger(node, trigger);
                }
            }
        }

        foreach (StageDependency dependency in node.Dependencies)
        {
            if (dependency.Stage is { } stage)
            {
                Reach(stage);
                if (stage.Stage.Index >= node.Stage.Index)
                {
                    throw new DevcontainerException(
                        Codes.DockerfileStageOrder,
                        dependency.Instruction.Location,
                        node.Stage.DisplayName,
                        stage.Stage.DisplayName,
                        "which comes later in the file");
                }
            }
            else if (dependency.From != Scratch && !inputs.NamedContexts.Contains(dependency.From))
            {
                AddImage(dependency.From, PlatformArguments.Normalize(inputs.Platform), dependency.Instruction.Location);
            }
        }
    }

    private void AddTrigger(StageNode node, DockerfileInstruction trigger)
    {
        node.Triggers.Add(trigger);
        AddDependencies(node, trigger);
    }

    private ExternalImage AddImage(string reference, string platform, SourceLocation location)
    {
        foreach (ExternalImage known in images)
        {
            if (known.Reference == reference && known.Platform == platform)
            {
                return known;
            }
        }

        var image = new ExternalImage(reference, platform, location);
        images.Add(image);
        return image;
    }

    private string Expand(string word, Dictionary<string, string> variables, DockerfileInstruction instruction, List<string>? unmatched)
    {
        try
        {
            return WordExpander.Expand(word, document.Escape, variables.GetValueOrDefault, ExpansionModes.None, unmatched);
        }
        catch (ExpansionException exception)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.DockerfileExpansionFailed, instruction.Location, word, exception.Message), exception);
        }
    }

    private enum VisitState
    {
        New,
        Open,
        Done,
    }

    /// <summary>A stage, or an image where <paramref name="Stage"/> is null, that an instruction copies or mounts from.</summary>
    private sealed record StageDependency(DockerfileInstruction Instruction, string From, StageNode? Stage);

    private sealed class StageNode(DockerfileStage stage, string baseName, StageNode? below, string platform)
    {
        public DockerfileStage Stage { get; } = stage;

        public string BaseName { get; } = baseName;

        public StageNode? Base { get; } = below;

        public string Platform { get; } = below?.Platform ?? platform;

        public List<StageDependency> Dependencies { get; } = [];

        public List<DockerfileInstruction> Triggers { get; } = [];

        public bool IsContext { get; set; }

        public VisitState Visit { get; set; }

        public bool Reachable { get; set; }

        public ExternalImage? Image { get; set; }

        public BaseImage? ImageFacts { get; set; }

        public ResolvedStage? Resolved { get; set; }

        /// <summary>ENV and ARG at the end of the stage; a stage that builds on this one begins with them.</summary>
        public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>Runs through one stage's instructions in order.</summary>
    private sealed class StageWalk
    {
        private readonly DockerfileResolver resolver;
        private readonly StageNode node;
        private readonly Dictionary<string, string> environment;
        private readonly Dictionary<string, string> variables;
        private readonly bool complete;
        private readonly List<string> unmatched = [];
        private string? user;
        private IReadOnlyList<string> userUndecidedBy = [];

        public StageWalk(DockerfileResolver resolver, StageNode node)
        {
            this.resolver = resolver;
            this.node = node;
            variables = node.Variables;
            environment = new Dictionary<string, string>(StringComparer.Ordinal);
            if (node.IsContext)
            {
                return;
            }

            if (node.Base is { Resolved: { } below })
            {
                complete = below.EnvironmentIsComplete;
                user = below.User;
                userUndecidedBy = below.UserUndecidedBy;
                Copy(below.Environment, environment);
                Copy(node.Base.Variables, variables);
            }
            else if (node.ImageFacts is { } facts)
            {
                complete = true;
                user = string.IsNullOrEmpty(facts.User) ? null : facts.User;
                Copy(facts.Environment, environment);
            }
            else
            {
                complete = node.BaseName == Scratch;
            }

            if (complete)
            {
                environment.TryAdd("PATH", DefaultPath);
            }

            // What ENV says wins over an ARG that the base stage had.
            Copy(environment, variables);
        }

        public void Run()
        {
            if (!node.IsContext)
            {
                foreach (DockerfileInstruction trigger in node.Triggers)
                {
                    Run(trigger);
                }

                foreach (DockerfileInstruction instruction in node.Stage.Instructions)
                {
                    Run(instruction);
                }
            }

            node.Resolved = new ResolvedStage
            {
                Stage = node.Stage,
                BaseName = node.BaseName,
                BaseStage = node.Base?.Resolved,
                BaseImage = node.Image,
                Platform = node.Platform,
                Environment = environment,
                EnvironmentIsComplete = complete,
                User = user,
                UserUndecidedBy = userUndecidedBy,
            };
        }

        private static void Copy(IReadOnlyDictionary<string, string> from, Dictionary<string, string> to)
        {
            foreach ((string name, string value) in from)
            {
                to[name] = value;
            }
        }

        private void Run(DockerfileInstruction instruction)
        {
            switch (instruction)
            {
                case EnvInstruction env:
                    SetEnvironment(env);
                    break;
                case ArgInstruction arg:
                    Declare(arg);
                    break;
                case UserInstruction set:
                    user = Expand(set.User, set);
                    userUndecidedBy = complete ? [] : [.. unmatched];
                    break;
                case CopyInstruction { From: null } copy:
                    Read(copy);
                    break;
                case RunInstruction run:
                    Read(run);
                    break;
            }
        }

        /// <summary>All values of one ENV see the environment before it.</summary>
        private void SetEnvironment(EnvInstruction env)
        {
            var expanded = new List<NameValue>(env.Variables.Count);
            foreach (NameValue variable in env.Variables)
            {
                expanded.Add(new NameValue(Expand(variable.Name, env), Expand(variable.Value, env)));
            }

            foreach (NameValue variable in expanded)
            {
                environment[variable.Name] = variables[variable.Name] = variable.Value;
            }
        }

        /// <summary>A build argument wins over the default; without either the global value is taken over.</summary>
        private void Declare(ArgInstruction arg)
        {
            foreach (ArgumentDeclaration declaration in arg.Declarations)
            {
                string? value = resolver.inputs.BuildArguments.TryGetValue(declaration.Name, out string? given)
                    ? given
                    : declaration.Default is null
                        ? resolver.globals.GetValueOrDefault(declaration.Name)
                        : Expand(declaration.Default, arg);
                if (value is not null)
                {
                    variables[declaration.Name] = value;
                }
            }
        }

        private void Read(CopyInstruction copy)
        {
            List<string> excludes = [];
            foreach (InstructionFlag flag in copy.Flags)
            {
                if (flag is { Name: "exclude", Value: { } pattern })
                {
                    excludes.Add(pattern);
                }
            }

            foreach (string source in copy.Sources)
            {
                string path = Expand(source, copy);
                if (copy.IsAdd && RemoteSource.IsRemote(path))
                {
                    continue;
                }

                resolver.sources.Add(new ContextSource(copy.IsAdd ? ContextSourceKind.Add : ContextSourceKind.Copy, path, copy.Location)
                {
                    Excludes = excludes,
                    Parents = copy.Parents,
                    Undecided = UndecidedReason(source) ?? UnknownFlag(copy),
                });
            }
        }

        private void Read(RunInstruction run)
        {
            foreach (MountFlag mount in run.Mounts)
            {
                if (mount.From is not null)
                {
                    continue;
                }

                var undecided = new List<string>();
                string type = Field(mount.Last("type") ?? "bind");
                string source = Field(mount.Last("source", "src") ?? string.Empty);
                if (undecided.Count > 0 || type.Equals("bind", StringComparison.OrdinalIgnoreCase))
                {
                    resolver.sources.Add(new ContextSource(ContextSourceKind.Mount, source, run.Location)
                    {
                        Undecided = undecided.Count > 0 ? undecided[0] : null,
                    });
                }

                string Field(string value)
                {
                    string expanded = Expand(value, run);
                    if (UndecidedReason(value) is { } reason)
                    {
                        undecided.Add(reason);
                    }

                    return expanded;
                }
            }
        }

        private string? UndecidedReason(string word) => complete || unmatched.Count == 0
            ? null
            : $"'{word}' depends on '{unmatched[0]}', which only the base image '{BaseReference()}' may set";

        private static string? UnknownFlag(CopyInstruction copy)
        {
            foreach (InstructionFlag flag in copy.Flags)
            {
                if (flag.Name is not ("from" or "chown" or "chmod" or "link" or "exclude" or "parents" or "keep-git-dir" or "checksum" or "unpack"))
                {
                    return $"the flag '--{flag.Name}' is not known";
                }
            }

            return null;
        }

        private string BaseReference()
        {
            StageNode lowest = node;
            while (lowest.Base is { } below)
            {
                lowest = below;
            }

            return lowest.BaseName;
        }

        /// <summary>Expands a word; <see cref="unmatched"/> then holds the names that nothing sets.</summary>
        private string Expand(string word, DockerfileInstruction instruction)
        {
            unmatched.Clear();
            return resolver.Expand(word, variables, instruction, unmatched);
        }
    }
}

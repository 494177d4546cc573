using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

/// <summary>A repository with a dev container, in a folder of its own.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly TemporaryFolder temporary = new();

    /// <param name="configuration">The text of devcontainer.json.</param>
    /// <param name="files">More files: path and text; a text that starts with "-> " makes a symbolic link.</param>
    public Workspace(string configuration, params (string Path, string Text)[] files)
    {
        Folder = temporary.File("repo");
        Directory.CreateDirectory(System.IO.Path.Combine(Folder, ".git"));
        ConfigurationFile = Write(".devcontainer/devcontainer.json", configuration);
        foreach ((string path, string text) in files)
        {
            Write(path, text);
        }
    }

    /// <summary>The files of a case for the reference CLI.</summary>
    public Workspace(OracleCase one)
    {
        Folder = temporary.File("repo");
        Directory.CreateDirectory(System.IO.Path.Combine(Folder, ".git"));
        foreach (JsonProperty file in (JsonObject)one.Case["files"]!)
        {
            Write(file.Name, file.Value is JsonString { Value: string text } ? text : file.Value.ToJson(2));
        }

        ConfigurationFile = System.IO.Path.GetFullPath(one.Case.GetString("config") ?? ".devcontainer/devcontainer.json", Folder);
    }

    public string Folder { get; }

    public string ConfigurationFile { get; }

    public string Write(string relative, string text)
    {
        string path = System.IO.Path.GetFullPath(relative, Folder);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (text.StartsWith("-> ", StringComparison.Ordinal))
        {
            File.CreateSymbolicLink(path, text[3..]);
        }
        else
        {
            File.WriteAllText(path, text);
        }

        return path;
    }

    /// <summary>Writes a local Feature; gives its folder.</summary>
    public string Feature(string name, string metadata = "{}", string script = "#!/bin/sh\n")
    {
        Write($".devcontainer/{name}/install.sh", script);
        return System.IO.Path.GetDirectoryName(Write($".devcontainer/{name}/devcontainer-feature.json", metadata))!;
    }

    public DevcontainerConfiguration Load(SubstitutionContext? context = null) =>
        DevcontainerConfiguration.Load(ConfigurationFile, Folder, context);

    /// <summary>Loads what must be refused with this code, and checks that it is refused at this place of devcontainer.json.</summary>
    public Diagnostic Refused(string code, int line, int column, SubstitutionContext? context = null)
    {
        Diagnostic error = Expect.Error(code, () => Load(context));
        Assert.AreEqual(new SourceLocation(ConfigurationFile, line, column), error.Location);
        return error;
    }

    public async Task<IReadOnlyList<ResolvedFeature>> ResolveAsync()
    {
        DevcontainerConfiguration configuration = Load();
        var local = new LocalFeatureSource(configuration);
        var sources = new FeatureSources { Local = local, Remote = local };
        return await FeatureInstallOrder.ResolveAsync(configuration, sources, CancellationToken.None);
    }

    public void Dispose() => temporary.Dispose();
}

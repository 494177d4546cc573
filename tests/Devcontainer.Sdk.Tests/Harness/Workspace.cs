using System.Globalization;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>A user's repository in a folder of its own: the SDK comes from the run's feed by nuget.config and global.json.</summary>
internal sealed class Workspace : IDisposable
{
    private int _runs;

    /// <param name="name">Last part of its path.</param>
    internal Workspace(string name = "repo")
    {
        Folder = Path.Combine(SdkPackage.RunFolder, "w", Path.GetRandomFileName(), name);
        Logs = Path.Combine(SdkPackage.RunFolder, "logs", Path.GetRandomFileName());
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(Logs);
        Write("nuget.config", SdkPackage.NuGetConfig);
        Write("global.json", SdkPackage.GlobalJson);
    }

    /// <summary>Absolute path.</summary>
    internal string Folder { get; }

    /// <summary>The binary logs of its builds.</summary>
    internal string Logs { get; }

    /// <summary>Environment variables of its commands, over those of the process; null removes one.</summary>
    internal Dictionary<string, string?> Environment { get; } = new(TestEngine.Environment, StringComparer.Ordinal);

    /// <summary>A file or folder of it.</summary>
    internal string this[string relative] => Path.GetFullPath(relative, Folder);

    /// <summary>A dev container without a base image, so that a build takes an instant and asks no registry.</summary>
    internal Workspace WithSmallDevcontainer(string project = "dev.proj", string folder = "")
    {
        Write(Path.Combine(folder, project), """<Project Sdk="Devcontainer.Sdk" />""");
        Write(Path.Combine(folder, ".devcontainer/devcontainer.json"), """{ "build": { "dockerfile": "Dockerfile" } }""");
        Write(Path.Combine(folder, ".devcontainer/Dockerfile"), "FROM scratch\nCOPY hello.txt /hello.txt\n");
        Write(Path.Combine(folder, ".devcontainer/hello.txt"), "Hello\n");
        return this;
    }

    /// <summary>A class library. Its attributes say which SDKs it has.</summary>
    internal Workspace WithLibrary(string project, string attributes = "Sdk=\"Microsoft.NET.Sdk\"", string content = "")
    {
        string text = content.Contains("<TargetFramework", StringComparison.Ordinal)
            ? content
            : "<PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>" + content;
        Write(project, $"<Project {attributes}>{text}</Project>");
        Write(Path.Combine(Path.GetDirectoryName(project)!, "Class1.cs"), "public static class Class1;\n");
        return this;
    }

    /// <summary>Writes a file.</summary>
    internal string Write(string relative, string text)
    {
        string path = this[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Writes a program.</summary>
    internal string WriteScript(string relative, string text)
    {
        string path = Write(relative, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        return path;
    }

    /// <summary>Puts a docker command before the real one, which the script finds in <c>$docker</c>. Without its PATH it is as before.</summary>
    internal Workspace WithDocker(string script)
    {
        string path = System.Environment.GetEnvironmentVariable("PATH")!;
        string? real = path.Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "docker")).FirstOrDefault(File.Exists);
        WriteScript("../tools/docker", $"#!/bin/sh\ndocker='{real}'\n{script}\n");
        Environment["PATH"] = $"{this["../tools"]}{Path.PathSeparator}{path}";
        return this;
    }

    /// <summary>Runs MSBuild through a verb of dotnet: <c>build</c>, <c>publish</c>, …, with a binary log.</summary>
    internal Task<CommandResult> BuildAsync(string verb, params string[] arguments) => DotnetAsync(WithLog(verb, arguments));

    /// <summary>Starts MSBuild through a verb of dotnet, on Linux in a process group of its own, as a shell does.</summary>
    internal RunningCommand StartBuild(string verb, params string[] arguments) => OperatingSystem.IsLinux()
        ? Command.Start("setsid", [Command.Dotnet, .. WithLog(verb, arguments)], Folder, Environment)
        : Command.Start(Command.Dotnet, WithLog(verb, arguments), Folder, Environment);

    /// <summary>Runs a program in the workspace's folder, with its environment.</summary>
    internal Task<CommandResult> RunAsync(string program, params string[] arguments) => Command.RunAsync(program, arguments, Folder, Environment);

    /// <summary>Runs dotnet.</summary>
    internal Task<CommandResult> DotnetAsync(params string[] arguments) => RunAsync(Command.Dotnet, arguments);

    /// <summary>Asserts that the output folder has what a prebuild makes, and nothing that one left unfinished.</summary>
    internal void HasOnlyWholeOutput()
    {
        string[] names = [.. Directory.GetFileSystemEntries(this["bin/devcontainer"]).Select(static entry => Path.GetFileName(entry)!)];
        CollectionAssert.IsSubsetOf(new[] { "image", "plan", "receipt.json", "sbom" }, names);
        CollectionAssert.AreEqual(new[] { ".lock" }, names.Where(static name => name.StartsWith('.')).ToArray());
    }

    private string[] WithLog(string verb, string[] arguments)
    {
        string log = Path.Combine(Logs, string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _runs):00}-{verb}.binlog"));
        return [verb, .. arguments, "-nodeReuse:false", "-tl:off", $"-bl:LogFile={log};ProjectImports=None"];
    }

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Folder)!, recursive: true);
}

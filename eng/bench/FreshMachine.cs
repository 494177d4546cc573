/// <summary>Figure 2: a machine that has nothing yet, and an image (or a build cache) in the registry.</summary>
internal static class FreshMachine
{
    /// <summary>Measures our registry hit, without docker on PATH, against the reference CLI's build from a registry cache on an empty engine.</summary>
    internal static void Measure(string root, string output, string registry, string cli, int rounds)
    {
        // Two workspaces of the same content: what one tool leaves beside the sources is no matter of the other.
        string ours = Workspaces.Create(root, Path.Combine(output, "fresh"), registry, Workspaces.Small);
        string theirs = Workspaces.Create(root, Path.Combine(output, "fresh-reference"), registry, Workspaces.Small);
        string repository = "devcontainer-bench/" + Guid.NewGuid().ToString("N");
        string cache = $"type=registry,ref={registry}/{repository}-reference:cache";
        string[] names = [$"-p:DevcontainerRegistry={registry}", $"-p:DevcontainerRepository={repository}"];
        new Command("publish", "dotnet", ["publish", "-p:PushDevcontainer=true", .. names], ours).Run();
        new Command(
            "push of the reference", cli, ["build", "--workspace-folder", theirs, "--image-name", $"{registry}/{repository}-reference:latest", "--push", "true", "--cache-to", $"{cache},mode=max"], theirs)
            .Run();

        string path = string.Join(Path.PathSeparator, Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Where(static folder => !File.Exists(Path.Combine(folder, "docker"))));
        var hit = new Command("Devcontainer.Sdk", "dotnet", ["build", "-t:Prebuild", .. names], ours) { Path = path };
        var reference = new Command(
            "devcontainer build --cache-from", cli, ["build", "--workspace-folder", theirs, "--image-name", "devcontainer-bench:fresh", "--cache-from", cache], theirs);

        void Empty()
        {
            Images.Delete(Path.Combine(ours, "bin"));
            new Command("prune", "docker", ["system", "prune", "--all", "--force"], output).Run();
            new Command("prune", "docker", ["buildx", "prune", "--all", "--force"], output).Run();
        }

        Report.Print("2 fresh machine, image in the registry", rounds, Empty, hit, reference);
    }
}

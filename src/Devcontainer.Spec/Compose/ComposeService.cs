using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>What a Compose service says of the image that it is made of.</summary>
/// <param name="Image">The image to start from; null where there is a build.</param>
/// <param name="ImageLocation">Where it is named.</param>
/// <param name="Build">The Dockerfile to build; null where there is none.</param>
/// <param name="User">The user that the container's processes run as, where devcontainer.json and Features name none; null for the image's.</param>
/// <param name="UserLocation">Where the user is named.</param>
/// <param name="Files">Absolute paths of every file that was read, sorted.</param>
/// <param name="Warnings">What is probably not as meant.</param>
internal sealed record ComposeService(
    string? Image, SourceLocation? ImageLocation, DockerfileBuild? Build, string? User, SourceLocation? UserLocation, IReadOnlyList<string> Files, IReadOnlyList<Diagnostic> Warnings)
{
    /// <summary>Reads the service that is the dev container (specification, "Docker Compose specific properties").</summary>
    /// <param name="root">The configuration, variables replaced; it has <c>dockerComposeFile</c>.</param>
    /// <param name="shape">Reads it.</param>
    /// <param name="workspaceFolder">Absolute path of the workspace.</param>
    /// <param name="repository">Knows what is inside.</param>
    /// <param name="context">Knows the environment.</param>
    /// <exception cref="DevcontainerException">The service cannot be found, or cannot be prebuilt.</exception>
    internal static ComposeService Read(JsonObject root, JsonShape shape, string workspaceFolder, RepositoryPath repository, SubstitutionContext context)
    {
        JsonNode written = root["dockerComposeFile"]!;
        SourceLocation location = written.Position.In(shape.File);
        var files = new ComposeFiles(repository);
        string configurationFolder = Path.GetDirectoryName(shape.File)!;
        string[] paths = written is JsonArray { Count: 0 }
            ? DefaultFiles(files, workspaceFolder, context, location)
            : [.. (written as JsonArray ?? new JsonArray([written])).Select(path => files.Find(shape.Text(path, "dockerComposeFile"), configurationFolder, path.Position.In(shape.File)))];

        // The values of variables are in the folder of the first file; the tools say the workspace's where they have looked for the files themselves.
        string folder = Path.GetDirectoryName(paths[0])!;
        EnvironmentFile? environment = files.ReadEnvironment(Path.Combine(written is JsonArray { Count: 0 } ? workspaceFolder : folder, ".env"));
        var model = new ComposeModel(files, folder, new ComposeVariables(context, environment is null ? [] : [environment]), paths, includes: []);

        string? name = shape.OptionalString(root, "service", "service");
        YamlMapping service = (name is null ? null : model.Find("services", name))
            ?? throw NotFound(name, model, (root["service"] ?? written).Position.In(shape.File));
        var reader = new ComposeServiceReader(model, name!, service);
        DockerfileBuild? build = reader.ReadBuild(repository);
        (string? image, SourceLocation? imageLocation) = reader.Text("image");
        (string? user, SourceLocation? userLocation) = reader.Text("user");
        if (build is null && string.IsNullOrEmpty(image))
        {
            throw new DevcontainerException(Codes.ComposeInvalid, service.Location, $"'services.{JsonText.Escape(name!)}'", "it has neither 'image' nor 'build'");
        }

        return new ComposeService(
            build is null ? image : null, imageLocation, build, string.IsNullOrEmpty(user) ? null : user, userLocation, [.. files.Paths], [.. files.Warnings.Distinct()]);
    }

    private static DevcontainerException NotFound(string? name, ComposeModel model, SourceLocation location)
    {
        string services = string.Join(", ", model.Services.Select(static service => $"'{JsonText.Escape(service)}'"));
        return new DevcontainerException(
            Codes.ComposeServiceNotFound,
            location,
            name is null ? "'service' is missing" : $"There is no service '{JsonText.Escape(name)}'",
            services.Length == 0 ? "none" : services);
    }

    // As the reference CLI looks for them where the list is empty (devcontainers/cli, getDockerComposeFilePaths).
    private static string[] DefaultFiles(ComposeFiles files, string workspaceFolder, SubstitutionContext context, SourceLocation location)
    {
        EnvironmentFile? environment = files.ReadEnvironment(Path.Combine(workspaceFolder, ".env"));
        string? named = new ComposeVariables(context, environment is null ? [] : [environment]).Find("COMPOSE_FILE", isOptional: true, "COMPOSE_FILE", location, "dockerComposeFile");
        if (!string.IsNullOrEmpty(named))
        {
            return [.. named.Split(Path.PathSeparator).Select(path => files.Find(path, workspaceFolder, location))];
        }

        const string Override = "docker-compose.override.yml";
        string[] found = [files.Find("docker-compose.yml", workspaceFolder, location)];
        return File.Exists(Path.Combine(workspaceFolder, Override)) ? [.. found, files.Find(Override, workspaceFolder, location)] : found;
    }
}

using System.Text;
using Devcontainer.Prebuild.Inputs;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Plan;

/// <summary>Temporary until the specification library generates it.</summary>
internal sealed record GeneratedDockerfile(string Text, string? Stage)
{
    internal static GeneratedDockerfile Create(PrebuildInputs inputs, ContainerUsers users)
    {
        var text = new StringBuilder();
        if (inputs.Dockerfile is { } document)
        {
            text.Append(document.Text.Replace("# syntax=docker/dockerfile:1", "#", StringComparison.Ordinal));
            return new GeneratedDockerfile(text.ToString(), inputs.Configuration.Build!.Target);
        }

        text.Append("FROM ").Append(inputs.Configuration.Image).Append(" AS dev_containers_target_stage\nUSER root\nARG TARGETPLATFORM\n");
        foreach (FeatureInput feature in inputs.Features)
        {
            text.Append("RUN --mount=type=bind,from=").Append(PrebuildPlanner.ContextName(feature)).Append(",target=/tmp/dev-container-features,rw cd /tmp/dev-container-features/")
                .Append(feature.Files.FolderName).Append(" && ./devcontainer-features-install.sh\n");
        }

        text.Append("USER ").Append(users.Image).Append('\n');
        return new GeneratedDockerfile(text.ToString(), null);
    }
}

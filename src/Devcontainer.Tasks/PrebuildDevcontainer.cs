using Devcontainer.Diagnostics;
using Devcontainer.Prebuild;

namespace Devcontainer.Tasks;

/// <summary>Finds the image that has the key of the inputs, or builds it.</summary>
public sealed class PrebuildDevcontainer : DevcontainerBuildTask
{
    /// <summary>DevcontainerForce.</summary>
    public string? Force { get; set; }

    /// <summary>EnableDefaultDevcontainerCache.</summary>
    public string? DefaultCache { get; set; }

    /// <summary>Whether the default cache is written too: the image is about to be pushed.</summary>
    public string? WritesCache { get; set; }

    /// <summary>DevcontainerDefaultBranch.</summary>
    public string? DefaultBranch { get; set; }

    /// <summary>DevcontainerPushPullRequests.</summary>
    public string? PushPullRequests { get; set; }

    /// <summary>Whether a missing engine is a warning: the prebuild is part of a plain build.</summary>
    public string? EngineOptional { get; set; }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        PrebuildRequest request = BindBuild() with
        {
            Force = Switch("DevcontainerForce", Force),
            ReadsTeamCache = Switch("EnableDefaultDevcontainerCache", DefaultCache),
            WritesTeamCache = Switch("_DevcontainerPushes", WritesCache),
            PushesPullRequests = Switch("DevcontainerPushPullRequests", PushPullRequests),
            DefaultBranch = Text(DefaultBranch),
        };
        PrebuildResult? result;
        try
        {
            result = await new PrebuildPipeline(Reporter).RunAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (DevcontainerException e) when (Switch("_DevcontainerEngineOptional", EngineOptional) && EngineErrors.Contains(e.Diagnostic.Code))
        {
            Reporter.Warning(Diagnostic.Create(Codes.ImageMissing, null, e.Message));
            return;
        }

        if (result is not null)
        {
            SetOutputs(result);
        }
    }

    // What tells that there is no engine to build with, other than that a build failed.
    private static readonly string[] EngineErrors = [Codes.DockerNotFound, Codes.EngineUnreachable, Codes.EngineHangs, Codes.BuildxMissing, Codes.BuilderCannotExport];
}

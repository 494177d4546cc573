using Devcontainer.Diagnostics;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// Who works in a container of the image is not root: the <c>remoteUser</c> or <c>containerUser</c> of the label that dev containers have, else the user
/// that the image names.
/// </summary>
internal sealed class UserGate : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "user";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var users = image.Platforms.Select(static platform => (platform.Platform, User: UserOf(platform))).ToList();
        IReadOnlyList<Finding> findings = Finding.Join([.. users.Select(one => (one.Platform, Look(image, one.User)))]);
        return Task.FromResult(GateResult.Of($"the default user is {string.Join(", ", users.Select(static one => one.User).Distinct())}", findings));
    }

    private static string UserOf(VerifiedPlatform platform)
    {
        string? label = platform.Config.Config.Labels.GetValueOrDefault(ImageMetadata.Label);
        var warnings = new List<Diagnostic>();
        ImageMetadata metadata = ImageMetadata.Parse(label, platform.Platform, warnings);
        if (warnings.Count > 0)
        {
            // For a build a label that cannot be read is none; here it is what tells of the user.
            throw new DevcontainerException(warnings[0]);
        }

        return Last(metadata, "remoteUser") ?? Last(metadata, "containerUser") ?? (platform.Config.Config.User is { Length: > 0 } user ? user : "root");
    }

    private static string? Last(ImageMetadata metadata, string name) =>
        metadata.Entries.Select(entry => entry.GetString(name)).LastOrDefault(static user => !string.IsNullOrEmpty(user));

    private static IReadOnlyList<Finding> Look(VerifiedImage image, string user)
    {
        string name = user.Split(':')[0];
        return name is not ("root" or "0") ? [] :
        [
            new Finding
            {
                Id = "root-user",
                Severity = FindingSeverity.High,
                Diagnostic = Diagnostic.Create(Codes.ImageUserRoot, null, image.Reference),
            },
        ];
    }
}

using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Verify.Content;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Verify;

/// <summary>
/// Who works in a container of the image is not root: the <c>remoteUser</c> or <c>containerUser</c> of the label that dev containers have, else the user
/// that the image names.
/// </summary>
/// <param name="contents">What is in the layers: another name may be root's too.</param>
internal sealed class UserGate(ImageContents contents) : IVerifyGate
{
    /// <summary>Its name.</summary>
    internal const string GateName = "user";

    /// <summary>The id of its finding.</summary>
    internal const string RootUser = "root-user";

    /// <inheritdoc />
    public string Name => GateName;

    /// <inheritdoc />
    public async Task<GateResult> RunAsync(VerifiedImage image, CancellationToken cancellationToken)
    {
        var users = new List<string>();
        var platforms = new List<(string Platform, IReadOnlyList<Finding> Findings)>();
        foreach (VerifiedPlatform platform in image.Platforms)
        {
            string user = UserOf(platform);
            users.Add(user);
            platforms.Add((platform.Platform, await IsRootAsync(image, platform, user.Split(':')[0], cancellationToken).ConfigureAwait(false) ? [Create(image)] : []));
        }

        return GateResult.Of($"the default user is {string.Join(", ", users.Distinct())}", Finding.Join(platforms));
    }

    private async Task<bool> IsRootAsync(VerifiedImage image, VerifiedPlatform platform, string user, CancellationToken cancellationToken)
    {
        if (user is "root" || ulong.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return user.Trim('0') is "root" or "";
        }

        ImageView view = await contents.ViewAsync(image, platform, cancellationToken).ConfigureAwait(false);
        return view.Lines("etc/passwd")?.Select(static line => line.Split(':')).FirstOrDefault(fields => fields[0] == user) is [_, _, "0", ..];
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

    private static Finding Create(VerifiedImage image) => new()
    {
        Id = RootUser,
        Severity = FindingSeverity.High,
        Diagnostic = Diagnostic.Create(Codes.ImageUserRoot, null, image.Reference),
    };
}

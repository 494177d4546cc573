using System.Globalization;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>Something of .NET that goes into the image: the SDK, or a runtime besides its own.</summary>
/// <param name="Product">What it is.</param>
/// <param name="Selection">Which version of it.</param>
/// <param name="Name">What it is called in the lock file, as <c>Microsoft.NET.Sdk 10.0.400 latestFeature</c>.</param>
internal sealed record ToolchainPart(DotNetProduct Product, SdkSelection Selection, string Name)
{
    /// <summary>The tier of inputs that say which SDK it is.</summary>
    internal const string Tier = "toolchain";

    private const string GlobalJson = "global.json";

    /// <summary>The parts that a project asks for: runtimes in order of writing, and last, so that its host comes to lie on theirs, the SDK.</summary>
    /// <exception cref="DevcontainerException">DEVC3090: global.json cannot be used.</exception>
    internal static IReadOnlyList<ToolchainPart> Of(PrebuildRequest request)
    {
        if (request.Toolchain is not { } toolchain)
        {
            return [];
        }

        DeclaredInput? file = request.Inputs.FirstOrDefault(static input => input.Tier == Tier && Path.GetFileName(input.Path) == GlobalJson);
        SdkSelection sdk = file is null ? SdkSelection.Latest : SdkSelection.Read(file.Path);
        return [.. toolchain.Runtimes.Select(Of), new ToolchainPart(DotNetProduct.Sdk, sdk, $"{DotNetProduct.Sdk.Id} {sdk.Name}")];
    }

    /// <summary>Whether a runtime's version can be used.</summary>
    internal static bool IsVersion(string version) => SdkVersion.TryParse(version, out _) || TryParseChannel(version) is not null;

    private static ToolchainPart Of(RuntimeRequest runtime)
    {
        // The latest release of a channel is the latest that is no preview and not before its first one, where patches are no bands.
        SdkSelection selection = SdkVersion.TryParse(runtime.Version, out SdkVersion? exact)
            ? new SdkSelection(exact, RollForward.Disable, AllowPrerelease: true)
            : new SdkSelection(TryParseChannel(runtime.Version), RollForward.LatestFeature, AllowPrerelease: false);
        return new ToolchainPart(DotNetProduct.Runtimes.Single(product => product.Id == runtime.Name), selection, $"{runtime.Name} {runtime.Version}");
    }

    private static SdkVersion? TryParseChannel(string text)
    {
        string[] parts = (text.EndsWith(".x", StringComparison.Ordinal) ? text[..^2] : text).Split('.');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            ? new SdkVersion(major, minor, 0, null)
            : null;
    }
}

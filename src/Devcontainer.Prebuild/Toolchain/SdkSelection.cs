using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>
/// The SDK that global.json asks for, by the rules of .NET's host (dotnet/runtime, src/native/corehost/fxr/sdk_resolver.cpp), where "installed" is what a
/// feed has.
/// </summary>
/// <param name="Version">The version that it names; null for none.</param>
/// <param name="Policy">Which others it takes.</param>
/// <param name="AllowPrerelease">Whether these may be previews.</param>
internal sealed record SdkSelection(SdkVersion? Version, RollForward Policy, bool AllowPrerelease)
{
    /// <summary>What is meant where no global.json says anything: the latest, previews too.</summary>
    internal static SdkSelection Latest { get; } = new(null, RollForward.LatestMajor, AllowPrerelease: true);

    /// <summary>The selection in words, which the lock file has it by.</summary>
    internal string Name => string.Join(' ', new[]
    {
        Version?.ToString() ?? "latest",
        Version is null || Policy == RollForward.Patch ? null : NameOf(Policy),
        AllowPrerelease ? null : "no-prerelease",
    }.OfType<string>());

    /// <summary>Reads global.json.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <exception cref="DevcontainerException">DEVC3090: what it says of the SDK cannot be used; .NET would ignore it, and take another SDK than is meant.</exception>
    internal static SdkSelection Read(string path)
    {
        try
        {
            using JsonDocument document = LenientJson.ReadFile(path);
            return document.RootElement.TryGetProperty("sdk", out JsonElement sdk) && sdk.ValueKind != JsonValueKind.Null ? Read(sdk) : Latest;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.GlobalJsonInvalid, new SourceLocation(path), path, e.Message.TrimEnd('.')), e);
        }
    }

    /// <summary>The best of the versions; null where none will do.</summary>
    internal SdkVersion? Select(IEnumerable<SdkVersion> versions)
    {
        SdkVersion? best = null;
        foreach (SdkVersion version in versions)
        {
            if (Version is not null && Policy is RollForward.Disable or RollForward.Patch && version == Version)
            {
                return version;
            }

            if (Matches(version) && (best is null || IsBetter(version, best)))
            {
                best = version;
            }
        }

        return best;
    }

    /// <summary>Whether a feed's channel may have a version that will do.</summary>
    /// <param name="major">Its major version.</param>
    /// <param name="minor">Its minor version.</param>
    internal bool MayBeIn(int major, int minor) => Version is null || Policy switch
    {
        RollForward.Major or RollForward.LatestMajor => (major, minor).CompareTo((Version.Major, Version.Minor)) >= 0,
        RollForward.Minor or RollForward.LatestMinor => major == Version.Major && minor >= Version.Minor,
        _ => major == Version.Major && minor == Version.Minor,
    };

    /// <summary>Whether a later channel is better than an earlier one.</summary>
    internal bool PrefersLatest => Version is null || Policy >= RollForward.LatestPatch;

    private bool Matches(SdkVersion version) =>
        (AllowPrerelease || !version.IsPrerelease)
        && Policy != RollForward.Disable
        && (Version is null
            || (MayBeIn(version.Major, version.Minor)
                && (Policy is not (RollForward.Patch or RollForward.LatestPatch) || version.Band == Version.Band)
                && version.CompareTo(Version) >= 0));

    private bool IsBetter(SdkVersion version, SdkVersion best) =>
        PrefersLatest || (version.Major, version.Minor, version.Band) == (best.Major, best.Minor, best.Band)
            ? version.CompareTo(best) > 0
            : version.CompareTo(best) < 0;

    private static SdkSelection Read(JsonElement sdk)
    {
        SdkVersion? version = null;
        if (Member(sdk, "version") is { } text && !SdkVersion.TryParse(text.GetString(), out version))
        {
            throw new FormatException($"'{text}' in sdk.version is no whole version, such as 10.0.100");
        }

        RollForward policy = version is null ? RollForward.LatestMajor : RollForward.Patch;
        if (Member(sdk, "rollForward") is { } named
            && (!Enum.TryParse(named.GetString(), ignoreCase: true, out policy) || !string.Equals(NameOf(policy), named.GetString(), StringComparison.OrdinalIgnoreCase)))
        {
            throw new FormatException($"'{named}' in sdk.rollForward is none of {string.Join(", ", Enum.GetValues<RollForward>().Select(NameOf))}");
        }

        if (version is null && policy != RollForward.LatestMajor)
        {
            throw new FormatException($"sdk.rollForward is '{NameOf(policy)}', which needs an sdk.version");
        }

        // Who names a preview allows previews.
        bool allows = version is { IsPrerelease: true } || Member(sdk, "allowPrerelease") is not { } allowed || allowed.GetBoolean();
        return new SdkSelection(version, policy, allows);
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string NameOf(RollForward policy) => char.ToLowerInvariant(policy.ToString()[0]) + policy.ToString()[1..];
}

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>What the project says of the .NET that goes into the image.</summary>
/// <param name="Feed">Where it comes from: a folder of the web laid out as <c>https://builds.dotnet.microsoft.com/dotnet</c>.</param>
/// <param name="Runtimes">Runtimes besides the SDK's own.</param>
/// <param name="Libc"><c>glibc</c> or <c>musl</c>; null to take the image's.</param>
public sealed record ToolchainRequest(Uri Feed, IReadOnlyList<RuntimeRequest> Runtimes, string? Libc)
{
    /// <summary>Where .NET is published.</summary>
    public const string OfficialFeed = "https://builds.dotnet.microsoft.com/dotnet";
}

/// <summary>A runtime.</summary>
/// <param name="Name"><c>Microsoft.NETCore.App</c> or <c>Microsoft.AspNetCore.App</c>, which has the other one with it.</param>
/// <param name="Version">A whole version, or <c>9.0</c> or <c>9.0.x</c> for the latest release of a channel.</param>
public sealed record RuntimeRequest(string Name, string Version)
{
    /// <summary>Why there can be no such request; null where there can.</summary>
    public static string? Refuse(string name, string version) =>
        DotNetProduct.Runtimes.All(product => product.Id != name) ? $"it is {string.Join(" or ", DotNetProduct.Runtimes.Select(static product => product.Id))}"
        : ToolchainPart.IsVersion(version) ? null
        : $"its Version is one such as 9.0.4, or 9.0.x for the latest, not '{version}'";
}

namespace Devcontainer.Prebuild.Toolchain;

/// <summary>A product of .NET that is published as an archive for each platform.</summary>
/// <param name="Id">What projects and lock files call it.</param>
/// <param name="Sections">Where a release lists it (dotnet/core, release-notes/&lt;channel&gt;/releases.json).</param>
/// <param name="Folder">Where a feed has its versions.</param>
/// <param name="Archive">What its archives' names begin with.</param>
internal sealed record DotNetProduct(string Id, IReadOnlyList<string> Sections, string Folder, string Archive)
{
    /// <summary>The SDK. One release has several, of different feature bands.</summary>
    internal static DotNetProduct Sdk { get; } = new("Microsoft.NET.Sdk", ["sdk", "sdks"], "Sdk", "dotnet-sdk");

    /// <summary>The runtimes.</summary>
    internal static IReadOnlyList<DotNetProduct> Runtimes { get; } =
    [
        new("Microsoft.NETCore.App", ["runtime"], "Runtime", "dotnet-runtime"),
        new("Microsoft.AspNetCore.App", ["aspnetcore-runtime"], "aspnetcore/Runtime", "aspnetcore-runtime"),
    ];

    /// <summary>Where a feed has an archive (dotnet/install-scripts looks there too).</summary>
    internal string PathOf(string version, string rid) => $"{Folder}/{version}/{Archive}-{version}-{rid}.tar.gz";
}

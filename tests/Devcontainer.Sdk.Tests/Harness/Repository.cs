namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>This repository, as far as its tests need it.</summary>
internal static class Repository
{
    /// <summary>Absolute path of its root.</summary>
    internal static string Root { get; } = Find();

    /// <summary>The configuration that the tests are built in.</summary>
    internal const string Configuration =
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    /// <summary>A file or folder of it.</summary>
    internal static string At(string relative) => Path.Combine(Root, relative);

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Devcontainer.Sdk.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"No repository above '{AppContext.BaseDirectory}'.");
    }
}

using Devcontainer.Prebuild.Tests.Crashes;

namespace Devcontainer.Prebuild.Tests;

/// <summary>The tests are a program on Microsoft.Testing.Platform; one that kills a prebuild starts it as this program, with arguments of its own.</summary>
internal static class Program
{
    public static Task<int> Main(string[] arguments) => arguments is [SmallPrebuild.Command, var folder]
        ? SmallPrebuild.RunAloneAsync(folder)
        : MicrosoftTestingPlatformApplication.RunAsync(arguments);
}

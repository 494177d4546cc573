#pragma warning disable CS1591 // The names say it; the texts are in Messages.resx.

namespace Devcontainer.Diagnostics;

/// <summary>
/// The stable identities of every error and warning. The text of each is in <c>Messages.resx</c> under the same code; what to do about it is
/// in <c>docs/codes.md</c>. 1xxx configuration, 2xxx Features, 3xxx inputs and keys, 4xxx engine and build, 5xxx registry and publish,
/// 6xxx verify, 7xxx volumes, 8xxx generated files, 9xxx environment.
/// </summary>
public static class Codes
{
    // 1xxx: configuration
    public const string ConfigurationNotFound = "DEVC1001";
    public const string ConfigurationNotJson = "DEVC1002";

    // 2xxx: Features

    // 3xxx: inputs and keys

    // 4xxx: engine and build

    // 5xxx: registry and publish

    // 9xxx: environment
}

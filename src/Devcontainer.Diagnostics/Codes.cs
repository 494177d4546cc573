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
    public const string FileNotReadable = "DEVC1003";
    public const string JsonTooLarge = "DEVC1004";
    public const string JsonTooDeep = "DEVC1005";
    public const string TextNotUnicode = "DEVC1006";
    public const string ControlCharacterInName = "DEVC1007";
    public const string WrongType = "DEVC1008";
    public const string PropertyMisspelt = "DEVC1009";
    public const string NoImageSource = "DEVC1010";
    public const string ComposeNotSupported = "DEVC1011";
    public const string BuildFileNotFound = "DEVC1012";
    public const string PathOutsideRepository = "DEVC1013";
    public const string EnvironmentNotAllowed = "DEVC1014";
    public const string VariableWithoutName = "DEVC1015";
    public const string UserNotValid = "DEVC1016";
    public const string ImageMetadataIgnored = "DEVC1017";
    public const string TextHasNul = "DEVC1018";

    // 2xxx: Features
    public const string FeatureIdNotValid = "DEVC2001";
    public const string FeatureSourceNotSupported = "DEVC2002";
    public const string LocalFeatureNotFound = "DEVC2003";
    public const string LocalFeatureOutside = "DEVC2004";
    public const string FeatureMetadataMissing = "DEVC2005";
    public const string FeatureInstallScriptMissing = "DEVC2006";
    public const string FeatureMetadataIdNotValid = "DEVC2007";
    public const string FeatureOptionUnknown = "DEVC2008";
    public const string FeatureOptionWrongType = "DEVC2009";
    public const string FeatureOptionNotAllowed = "DEVC2010";
    public const string FeatureCycle = "DEVC2011";
    public const string FeatureChainTooLong = "DEVC2012";
    public const string FeatureDeprecated = "DEVC2013";
    public const string FeatureRenamed = "DEVC2014";

    // 3xxx: inputs and keys

    // 4xxx: engine and build

    // 5xxx: registry and publish

    // 9xxx: environment
}

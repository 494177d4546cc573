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
    public const string ComposeInvalid = "DEVC1011";
    public const string BuildFileNotFound = "DEVC1012";
    public const string PathOutsideRepository = "DEVC1013";
    public const string EnvironmentNotAllowed = "DEVC1014";
    public const string VariableWithoutName = "DEVC1015";
    public const string UserNotValid = "DEVC1016";
    public const string ImageMetadataIgnored = "DEVC1017";
    public const string TextHasNul = "DEVC1018";
    public const string BuildOptionsNotSupported = "DEVC1019";
    public const string ConfigurationsNotFound = "DEVC1020";
    public const string ConfigurationNameTwice = "DEVC1021";
    public const string YamlInvalid = "DEVC1022";
    public const string ComposeServiceNotFound = "DEVC1023";
    public const string ComposeNotSupported = "DEVC1024";
    public const string ImageReferenceInvalid = "DEVC1040";
    public const string PlatformInvalid = "DEVC1041";
    public const string DigestInvalid = "DEVC1042";
    public const string DockerfileNoStages = "DEVC1102";
    public const string DockerfileUnknownInstruction = "DEVC1103";
    public const string DockerfileHeredocUnterminated = "DEVC1104";
    public const string DockerfileInvalidInstruction = "DEVC1105";
    public const string DockerfileInstructionBeforeFrom = "DEVC1106";
    public const string DockerfileTargetUnknown = "DEVC1107";
    public const string DockerfileStageUnknown = "DEVC1108";
    public const string DockerfileStageOrder = "DEVC1109";
    public const string DockerfileExpansionFailed = "DEVC1110";
    public const string DockerfileFrontendRefused = "DEVC1111";
    public const string DockerfileFrontendArgumentRefused = "DEVC1112";
    public const string DockerfileDirectiveInvalid = "DEVC1113";
    public const string DockerfileBaseBlank = "DEVC1114";
    public const string EnvironmentNotWritable = "DEVC1120";
    public const string MountNotWritable = "DEVC1121";

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
    public const string FeatureLockDiffers = "DEVC2015";
    public const string FeatureNotFound = "DEVC2016";
    public const string FeatureContentInvalid = "DEVC2017";
    public const string FeatureOffline = "DEVC2018";
    public const string FeaturePinInvalid = "DEVC2019";
    public const string FeatureCacheNotWritable = "DEVC2020";
    public const string FeatureUnreachable = "DEVC2021";

    // 3xxx: inputs and keys
    public const string IgnorePatternInvalid = "DEVC3001";
    public const string ContextNameNotUnicode = "DEVC3002";
    public const string ContextChanged = "DEVC3003";
    public const string InputUnreadable = "DEVC3050";
    public const string ProjectionUnknown = "DEVC3051";
    public const string ProjectionFailed = "DEVC3052";
    public const string TierUnknown = "DEVC3053";
    public const string PinMissing = "DEVC3060";
    public const string LockFileInvalid = "DEVC3061";
    public const string LockFileNotWritable = "DEVC3062";
    public const string BaseImageNotFound = "DEVC3063";
    public const string BaseImagePlatformMissing = "DEVC3064";
    public const string OfflineImage = "DEVC3065";
    public const string PinNotNeeded = "DEVC3066";
    public const string RestoreProjectMissing = "DEVC3070";
    public const string RestoreFailed = "DEVC3071";
    public const string PackageDamaged = "DEVC3072";
    public const string VersionFloating = "DEVC3073";
    public const string ToolManifestInvalid = "DEVC3074";
    public const string HistoryUnreadable = "DEVC3080";
    public const string GlobalJsonInvalid = "DEVC3090";
    public const string ToolchainPinMissing = "DEVC3091";
    public const string ToolchainNotFound = "DEVC3092";
    public const string FeedUnreachable = "DEVC3093";
    public const string FeedInvalid = "DEVC3094";
    public const string ArchiveWrong = "DEVC3095";
    public const string ToolchainOffline = "DEVC3096";
    public const string ToolchainCacheNotWritable = "DEVC3097";
    public const string ToolchainPlatformMissing = "DEVC3098";

    // 4xxx: engine and build
    public const string DockerNotFound = "DEVC4001";
    public const string EngineUnreachable = "DEVC4002";
    public const string EngineHangs = "DEVC4003";
    public const string BuildxMissing = "DEVC4004";
    public const string BuilderCannotExport = "DEVC4005";
    public const string BuilderNotCreated = "DEVC4006";
    public const string StepFailed = "DEVC4010";
    public const string BuildFailed = "DEVC4011";
    public const string LayoutIncomplete = "DEVC4012";
    public const string JobTimedOut = "DEVC4013";
    public const string EngineLost = "DEVC4014";
    public const string LoadFailed = "DEVC4020";
    public const string NothingToLoad = "DEVC4021";
    public const string ImageMissing = "DEVC4030";
    public const string ArgumentsTooLong = "DEVC4031";
    public const string GitHubCacheUnreachable = "DEVC4032";

    // 5xxx: registry and publish
    public const string LayoutNotFound = "DEVC5001";
    public const string LayoutInvalid = "DEVC5002";
    public const string BlobMissing = "DEVC5003";
    public const string BlobCorrupt = "DEVC5004";
    public const string ContentInvalid = "DEVC5005";
    public const string ContentTooLarge = "DEVC5006";
    public const string LayerInvalid = "DEVC5007";
    public const string LayerCompressionUnsupported = "DEVC5008";
    public const string LayerTooLarge = "DEVC5009";
    public const string ArchiveEntryInvalid = "DEVC5010";
    public const string RegistryUnreachable = "DEVC5020";
    public const string RegistryRefused = "DEVC5021";
    public const string RegistryUnauthorized = "DEVC5022";
    public const string RegistryRateLimited = "DEVC5023";
    public const string RegistryTimeout = "DEVC5024";
    public const string CredentialHelperFailed = "DEVC5025";
    public const string DockerConfigInvalid = "DEVC5026";
    public const string RegistryContentWrong = "DEVC5027";
    public const string RegistryProtocol = "DEVC5028";
    public const string RealmForeign = "DEVC5029";
    public const string MirrorInvalid = "DEVC5030";
    public const string RegistryUntrusted = "DEVC5031";
    public const string RegistryCertificateInvalid = "DEVC5032";
    public const string RegistryKeeps = "DEVC5033";
    public const string RegistryNotAsked = "DEVC5040";
    public const string PushNeedsRegistry = "DEVC5041";
    public const string KeyTaken = "DEVC5042";
    public const string SharedImageGone = "DEVC5043";
    public const string DigestMissing = "DEVC5044";
    public const string DigestForeign = "DEVC5045";
    public const string DigestFileInvalid = "DEVC5046";
    public const string TagsPartlyMoved = "DEVC5047";
    public const string RollbackFileInvalid = "DEVC5048";
    public const string RollbackTargetGone = "DEVC5049";
    public const string NoTags = "DEVC5050";
    public const string TagReserved = "DEVC5051";
    public const string CIEventUnreadable = "DEVC5052";
    public const string CIReportNotWritten = "DEVC5053";
    public const string CosignMissing = "DEVC5060";
    public const string SigningFailed = "DEVC5061";
    public const string PublishPartlyFailed = "DEVC5062";
    public const string NothingToCompare = "DEVC5063";
    public const string CompareImageUnknown = "DEVC5064";
    public const string PinImageUnknown = "DEVC5070";
    public const string PruneKeepInvalid = "DEVC5071";
    public const string PruneRepositoryChanged = "DEVC5072";

    // 6xxx: verify
    public const string PackageListUnreadable = "DEVC6001";
    public const string SignatureNotGood = "DEVC6002";
    public const string NothingToVerify = "DEVC6003";
    public const string VerifyToolFailed = "DEVC6004";
    public const string VerifyImageGone = "DEVC6005";
    public const string SbomUnreadable = "DEVC6006";
    public const string VerifyDataStale = "DEVC6007";
    public const string VerifyToolMissing = "DEVC6008";
    public const string ImageHasSecret = "DEVC6010";
    public const string ImageUserRoot = "DEVC6011";
    public const string ImageTooLarge = "DEVC6012";
    public const string ImageGrown = "DEVC6013";
    public const string ImageSetuidAdded = "DEVC6014";
    public const string SshdOpen = "DEVC6015";
    public const string PackageVulnerable = "DEVC6020";
    public const string VulnerabilityFound = "DEVC6021";
    public const string WaiverFileInvalid = "DEVC6022";
    public const string WaiverExpired = "DEVC6023";
    public const string NotReproducible = "DEVC6031";
    public const string SmokeTestFailed = "DEVC6041";
    public const string TestsCannotRun = "DEVC6042";
    public const string AttestationDiffers = "DEVC6050";
    public const string ReceiptDiffers = "DEVC6051";
    public const string SbomDiffers = "DEVC6052";
    public const string KeyNamesAnother = "DEVC6053";
    public const string TagMoved = "DEVC6054";
    public const string ProvenanceMissing = "DEVC6055";
    public const string ProvenanceDiffers = "DEVC6056";

    // 8xxx: generated files
    public const string WorkflowEdited = "DEVC8001";
    public const string WorkflowForeign = "DEVC8002";
    public const string WorkflowNotWritable = "DEVC8003";
    public const string ProjectOutsideRepository = "DEVC8004";
    public const string PinFileInvalid = "DEVC8005";
    public const string PinFileForeign = "DEVC8006";

    // 9xxx: environment
    public const string PropertyInvalid = "DEVC9001";
    public const string PropertyUnknown = "DEVC9002";
    public const string OutputNotWritable = "DEVC9003";
    public const string ItemInvalid = "DEVC9005";
    public const string OutputHeld = "DEVC9006";
}

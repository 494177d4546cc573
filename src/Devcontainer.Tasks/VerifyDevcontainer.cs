using System.Globalization;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Reports;
using Devcontainer.Prebuild.Verify;
using Microsoft.Build.Framework;

namespace Devcontainer.Tasks;

/// <summary>Verifies an image that a registry has: the one of the last prebuild, or one that is named.</summary>
public sealed class VerifyDevcontainer : DevcontainerTestTask
{
    private static readonly (string Unit, double Bytes)[] Units =
    [
        ("KiB", 1024), ("MiB", 1024 * 1024), ("GiB", 1024.0 * 1024 * 1024), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1),
    ];

    // More of one gate nobody reads in a log.
    private const int MostTold = 100;

    /// <summary>DevcontainerVerifyGates.</summary>
    public string? Gates { get; set; }

    /// <summary>DevcontainerVerifySeverity.</summary>
    public string? Severity { get; set; }

    /// <summary>DevcontainerVerifyWarnOnly.</summary>
    public string? WarnOnly { get; set; }

    /// <summary>DevcontainerWaiverFile.</summary>
    public string? WaiverFile { get; set; }

    /// <summary>GenerateDevcontainerReport.</summary>
    public string? GenerateReport { get; set; }

    /// <summary>DevcontainerMaxSize.</summary>
    public string? MaxSize { get; set; }

    /// <summary>DevcontainerMaxSizeIncrease.</summary>
    public string? MaxSizeIncrease { get; set; }

    /// <summary>DevcontainerVerifyMaxDataDays.</summary>
    public string? MaxDataDays { get; set; }

    /// <summary>DevcontainerCompareFrom.</summary>
    public string? CompareFrom { get; set; }

    /// <summary>DevcontainerVerifyBuilders.</summary>
    public string? Builders { get; set; }

    /// <summary>DevcontainerVerifySourceRepository.</summary>
    public string? SourceRepository { get; set; }

    /// <summary>DevcontainerVerifySourceReference.</summary>
    public string? SourceReference { get; set; }

    /// <summary>DevcontainerVerifySourceCommit.</summary>
    public string? SourceCommit { get; set; }

    /// <summary>The image by its digest, where it has passed.</summary>
    [Output]
    public ITaskItem[] Verified { get; private set; } = [];

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken cancellationToken)
    {
        VerifyRequest request = Bind();
        if (request.Signatures is { Offline: true, VerificationKey: null, TrustedRoot: null, Identity: not null })
        {
            throw new DevcontainerException(
                Codes.PropertyInvalid,
                "DevcontainerSignatureOffline",
                "true",
                "without a key a signature is verified with certificates: name the file that has them with DevcontainerTrustedRoot");
        }

        if (Switch("DevcontainerDryRun", DryRun))
        {
            Reporter.Status($"Would verify {request.Image ?? "the image"}.");
            return;
        }

        VerifyReport report = await new ImageVerification(Reporter).RunAsync(request, cancellationToken).ConfigureAwait(false);
        if (Switch("GenerateDevcontainerReport", GenerateReport) && request.Image is null)
        {
            ReportPage.Write(request.OutputPath);
        }

        foreach (GateReport gate in report.Gates)
        {
            Tell(gate.Errors, LogError, gate.Gate, "errors");
            Tell(gate.Warnings, Reporter.Warning, gate.Gate, "warnings");
        }

        foreach (Diagnostic expired in report.Expired)
        {
            LogError(expired);
        }

        if (report.Passes)
        {
            Verified = [Items.Create(report.Image.ToString(), ("Digest", report.Image.Digest!.Value.Value))];
        }
    }

    // A scanner may find thousands.
    private void Tell(IEnumerable<Diagnostic> diagnostics, Action<Diagnostic> log, string gate, string kind)
    {
        Diagnostic[] all = [.. diagnostics];
        Array.ForEach(all[..Math.Min(all.Length, MostTold)], log);
        if (all.Length > MostTold)
        {
            Reporter.Status(string.Create(CultureInfo.InvariantCulture, $"… and {all.Length - MostTold} more {kind} of {gate}: all are in verify.sarif."));
        }
    }

    private VerifyRequest Bind()
    {
        var policy = new GatePolicy { Threshold = BindSeverity() };
        return new VerifyRequest
        {
            OutputPath = Absolute(OutputPath),
            ConfigFile = Absolute(ConfigFile),
            WaiverFile = Absolute(Text(WaiverFile)),
            Image = Text(Image),
            Gates = Split(Gates),
            Policy = Text(WarnOnly) is null ? policy : policy with { WarnOnly = Split(WarnOnly) },
            Provenance = new ProvenancePolicy
            {
                Builders = Split(Builders), Repository = Text(SourceRepository), Reference = Text(SourceReference), Commit = Text(SourceCommit),
            },
            Tests = BindTests(),
            Signatures = BindSignatures(),
            Registries = BindRegistries(),
            MaxSize = Bytes("DevcontainerMaxSize", MaxSize),
            MaxSizeIncrease = Percent("DevcontainerMaxSizeIncrease", MaxSizeIncrease),
            MaxDataDays = Number("DevcontainerVerifyMaxDataDays", MaxDataDays, 1),
            CompareFrom = Text(CompareFrom),
        };
    }

    private FindingSeverity BindSeverity() => Text(Severity) is not { } text ? FindingSeverity.High
        : Enum.GetNames<FindingSeverity>().FirstOrDefault(name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase)) is { } known
            ? Enum.Parse<FindingSeverity>(known)
            : throw new DevcontainerException(
                Codes.PropertyInvalid, "DevcontainerVerifySeverity", text, $"it is one of {string.Join(", ", Enum.GetNames<FindingSeverity>())}");

    private static double? Percent(string property, string? value) => Text(value) is not { } text ? null
        : double.TryParse(text.TrimEnd('%').TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? number
            : throw new DevcontainerException(Codes.PropertyInvalid, property, value, "it is a number of percent, as 10");

    private static long? Bytes(string property, string? value)
    {
        if (Text(value) is not { } text)
        {
            return null;
        }

        (string unit, double bytes) = Array.Find(Units, unit => text.EndsWith(unit.Unit, StringComparison.OrdinalIgnoreCase));
        return double.TryParse(text[..^(unit?.Length ?? 0)].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * (unit is null ? 1 : bytes) is >= 1 and < long.MaxValue and double size
                ? (long)size
                : throw new DevcontainerException(Codes.PropertyInvalid, property, value, "it is a number of bytes, with or without a unit, as 800MB or 1.5GiB");
    }
}

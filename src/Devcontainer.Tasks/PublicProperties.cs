namespace Devcontainer.Tasks;

/// <summary>The properties that the SDK reads: what begins like one of ours and is none of them is misspelt.</summary>
internal static class PublicProperties
{
    /// <summary>Every public property, sorted. docs/properties.md describes each; a test holds both against the targets.</summary>
    internal static readonly string[] Names =
    [
        "DevcontainerAllowedFrontends",
        "DevcontainerBuildRetries",
        "DevcontainerBuildTimeout",
        "DevcontainerBuilder",
        "DevcontainerBuilderConfigFile",
        "DevcontainerBuilderDriver",
        "DevcontainerBuilderDriverOptions",
        "DevcontainerBuilderEntitlements",
        "DevcontainerBuilderKeepStorage",
        "DevcontainerBuilderMaxParallelism",
        "DevcontainerCIReport",
        "DevcontainerChangesFrom",
        "DevcontainerChangesTo",
        "DevcontainerCompareFrom",
        "DevcontainerCompareTo",
        "DevcontainerConfigFile",
        "DevcontainerConfigFiles",
        "DevcontainerDefaultBranch",
        "DevcontainerDotNetFeed",
        "DevcontainerDotNetLibc",
        "DevcontainerDryRun",
        "DevcontainerForce",
        "DevcontainerHealthCheck",
        "DevcontainerImageTags",
        "DevcontainerInsecureRegistries",
        "DevcontainerInstallSdk",
        "DevcontainerLockTimeout",
        "DevcontainerLockedMode",
        "DevcontainerMaxParallelJobs",
        "DevcontainerMaxSize",
        "DevcontainerMaxSizeIncrease",
        "DevcontainerMaxStartTime",
        "DevcontainerOffline",
        "DevcontainerOutputPath",
        "DevcontainerOverwriteWorkflow",
        "DevcontainerPinAnyImage",
        "DevcontainerPinFile",
        "DevcontainerPinTo",
        "DevcontainerPlatforms",
        "DevcontainerProvenanceBuilderId",
        "DevcontainerPruneConfirm",
        "DevcontainerPruneKeep",
        "DevcontainerPruneKeepDays",
        "DevcontainerPruneKeepLast",
        "DevcontainerPruneTags",
        "DevcontainerPublishTo",
        "DevcontainerPushByDigest",
        "DevcontainerPushPullRequests",
        "DevcontainerRaiseEpoch",
        "DevcontainerReferenceCompatible",
        "DevcontainerRegistry",
        "DevcontainerRegistryMirrors",
        "DevcontainerReplayCommits",
        "DevcontainerReplayRange",
        "DevcontainerRepository",
        "DevcontainerRequiredCommands",
        "DevcontainerRestoreTest",
        "DevcontainerRollbackTo",
        "DevcontainerSdkTest",
        "DevcontainerSignatureIdentity",
        "DevcontainerSignatureIssuer",
        "DevcontainerSignatureOffline",
        "DevcontainerSigningConfig",
        "DevcontainerSigningKey",
        "DevcontainerStartTest",
        "DevcontainerTagRules",
        "DevcontainerTasksPath",
        "DevcontainerTestLifecycle",
        "DevcontainerTestLifecycleTimeout",
        "DevcontainerTestMemory",
        "DevcontainerTestNetwork",
        "DevcontainerTestProcesses",
        "DevcontainerTestProcessors",
        "DevcontainerTrustedRealms",
        "DevcontainerTrustedRoot",
        "DevcontainerUpdateOnly",
        "DevcontainerUserTest",
        "DevcontainerVendorFeatures",
        "DevcontainerVerificationKey",
        "DevcontainerVerifyBuilders",
        "DevcontainerVerifyGates",
        "DevcontainerVerifyImage",
        "DevcontainerVerifyMaxDataDays",
        "DevcontainerVerifySeverity",
        "DevcontainerVerifySourceCommit",
        "DevcontainerVerifySourceReference",
        "DevcontainerVerifySourceRepository",
        "DevcontainerVerifyWarnOnly",
        "DevcontainerWaiverFile",
        "DevcontainerWorkflowBefore",
        "DevcontainerWorkflowFile",
        "DevcontainerWorkflowRunners",
        "DevcontainerWorkflowSchedule",
        "DevcontainerWorkspaceFolder",
        "EnableDefaultDevcontainerCache",
        "EnableDefaultDevcontainerCacheMounts",
        "EnableDefaultDevcontainerInputs",
        "GenerateDevcontainerCycloneDx",
        "GenerateDevcontainerProvenance",
        "GenerateDevcontainerReport",
        "GenerateDevcontainerSbom",
        "PrebuildOnBuild",
        "PushDevcontainer",
        "SignDevcontainer",
    ];

    // Letters in which a name that does not begin like ours may differ from one of ours and is still taken for it.
    private const int Slip = 2;

    /// <summary>Whether <paramref name="name"/> is meant to be one of ours and is none: it begins like them, or is one but for a slip.</summary>
    /// <param name="name">A property's name; MSBuild ignores case.</param>
    /// <param name="nearest">The property that is most like it.</param>
    internal static bool IsMisspelt(string name, out string nearest)
    {
        nearest = string.Empty;
        bool isOurs = name.StartsWith("Devcontainer", StringComparison.OrdinalIgnoreCase);
        int best = int.MaxValue;
        foreach (string known in Names)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            if (!isOurs && Math.Abs(known.Length - name.Length) > Slip)
            {
                continue;
            }

            int distance = Distance(known, name);
            if (distance < best)
            {
                best = distance;
                nearest = known;
            }
        }

        return isOurs || best <= Slip;
    }

    // Levenshtein's distance, ignoring case.
    private static int Distance(string a, string b)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}

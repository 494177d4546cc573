namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>A test that takes long: it runs only when DEVCONTAINER_TEST_ALL=1 (eng/test.sh --all).</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongAttribute() : ConditionBaseAttribute(ConditionMode.Include)
{
    /// <inheritdoc />
    public override string GroupName => "Long";

    /// <inheritdoc />
    public override bool IsConditionMet => Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") == "1";
}

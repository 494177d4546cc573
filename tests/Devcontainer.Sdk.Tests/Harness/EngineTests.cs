namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>Tests that build images: they fail, and say how to mend it, where no engine is set up.</summary>
public abstract class EngineTests : SdkTests
{
    /// <summary>Fails where there is no engine.</summary>
    [TestInitialize]
    public void NeedsEngine() => TestEngine.Require();
}

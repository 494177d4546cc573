namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class LegacyFeaturesTests
{
    [TestMethod]
    [DataRow("""{"gradle":"latest"}""", """ghcr.io/devcontainers/features/java:1 {"installGradle":true}""")]
    [DataRow("""{"gradle":{},"maven":{}}""", """ghcr.io/devcontainers/features/java:1 {"installGradle":true,"installMaven":true}""")]
    [DataRow("""{"maven":{},"java":"17"}""", """java {"version":"17","installMaven":true}""")]
    [DataRow("""{"jupyterlab":true,"ghcr.io/devcontainers/features/python:1":{"version":"3.12"}}""", """ghcr.io/devcontainers/features/python:1 {"version":"3.12","installJupyterlab":true}""")]
    [DataRow("""{"./a":{},"maven":{}}""", """./a {} ghcr.io/devcontainers/features/java:1 {"installMaven":true}""")]
    [DataRow("""{"./a":{}}""", """./a {}""")]
    public void Features_that_became_options_are_options(string features, string expected)
    {
        using var workspace = new Workspace(((JsonObject)JsonNode.Parse("""{"image":"a"}""")).With("features", JsonNode.Parse(features)).ToJson());
        Assert.AreEqual(expected, string.Join(' ', workspace.Load().Features.Select(feature => $"{feature.Id} {feature.Options.ToJson()}")));
    }
}

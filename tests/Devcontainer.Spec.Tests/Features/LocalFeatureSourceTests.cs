using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class LocalFeatureSourceTests
{
    [TestMethod]
    public async Task A_local_Feature_is_read_with_its_defaults_and_the_values_given()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./hello":{"greeting":"hey","flag":"true"}}}""");
        string folder = workspace.Feature("hello", """
            {
              "id": "hello-world", "version": "1.2.3", "name": "Hello",
              "options": {
                "flag": {"type": "boolean", "default": false},
                "greeting": {"type": "string", "enum": ["hey", "hi"], "default": "hi"},
                "unset": {"type": "string", "proposals": ["x"]},
                "version": {"type": "string", "default": "latest"}
              },
              "containerEnv": {"PATH": "/x:${PATH}"}
            }
            """);
        ResolvedFeature feature = (await workspace.ResolveAsync()).Single();
        Assert.AreEqual("./hello", feature.Id);
        Assert.AreEqual("local", feature.Source);
        Assert.AreEqual("./.devcontainer/hello", feature.Resolved);
        Assert.AreEqual("1.2.3", feature.Version);
        Assert.IsNull(feature.Digest);
        Assert.AreEqual(folder, feature.Folder);
        Assert.AreEqual("hello-world", feature.Metadata.Id);
        Assert.AreEqual("""{"flag":"true","greeting":"hey","version":"latest"}""", feature.Options.ToJson());
        Assert.AreEqual("/x:${PATH}", feature.Metadata.ContainerEnv.Single().Value);
        Assert.IsEmpty(feature.Warnings);
    }

    [TestMethod]
    [DataRow("\"20\"", """{"version":"20"}""")]
    [DataRow("18", """{"version":18}""")]
    [DataRow("true", """{"version":true}""")]
    [DataRow("{}", """{"version":"latest"}""")]
    public async Task One_value_stands_for_the_version(string value, string options)
    {
        using var workspace = new Workspace($$$"""{"image":"a","features":{"./a":{{{value}}}}}""");
        workspace.Feature("a", """{"options":{"version":{"type":"string","default":"latest"}}}""");
        Assert.AreEqual(options, (await workspace.ResolveAsync()).Single().Options.ToJson());
    }

    [TestMethod]
    [DataRow("""{"./nope":{}}""", Codes.LocalFeatureNotFound)]
    [DataRow("""{"./no-metadata":{}}""", Codes.FeatureMetadataMissing)]
    [DataRow("""{"./no-script":{}}""", Codes.FeatureInstallScriptMissing)]
    [DataRow("""{"../outside":{}}""", Codes.LocalFeatureOutside)]
    [DataRow("""{"../../outside":{}}""", Codes.LocalFeatureOutside)]
    [DataRow("""{"./link":{}}""", Codes.LocalFeatureOutside)]
    [DataRow("""{"./link/../../outside":{}}""", Codes.LocalFeatureOutside)]
    [DataRow("""{"./linked-file":{}}""", Codes.LocalFeatureOutside)]
    [DataRow("""{"./linked-script":{}}""", Codes.LocalFeatureOutside)]
    [DataRow("""{"./dangling":{}}""", Codes.FeatureInstallScriptMissing)]
    public async Task A_folder_that_is_no_Feature_or_not_inside_is_refused_at_its_id(string features, string code)
    {
        using var workspace = new Workspace(
            $$$"""{"image":"a","features":{{{features}}}}""",
            (".devcontainer/no-metadata/install.sh", ""),
            (".devcontainer/no-script/devcontainer-feature.json", "{}"),
            ("outside/devcontainer-feature.json", "{}"),
            ("outside/install.sh", ""),
            (".devcontainer/link", "-> ../outside"),
            (".devcontainer/linked-file/devcontainer-feature.json", "-> ../../outside/devcontainer-feature.json"),
            (".devcontainer/linked-file/install.sh", ""),
            (".devcontainer/linked-script/devcontainer-feature.json", "{}"),
            (".devcontainer/linked-script/install.sh", "-> ../../outside/install.sh"),
            (".devcontainer/dangling/devcontainer-feature.json", "{}"),
            (".devcontainer/dangling/install.sh", "-> nothing"));
        Diagnostic error = await Expect.ErrorAsync(code, workspace.ResolveAsync);
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 1, 26), error.Location);
    }

    [TestMethod]
    [DataRow("""{"id": "../x"}""", Codes.FeatureMetadataIdNotValid, 8)]
    [DataRow("""{"id": "a b"}""", Codes.FeatureMetadataIdNotValid, 8)]
    [DataRow("""{"id": ""}""", Codes.FeatureMetadataIdNotValid, 8)]
    [DataRow("""{"id": 1}""", Codes.WrongType, 8)]
    [DataRow("[]", Codes.WrongType, 1)]
    [DataRow("""{"installsAfter": "x"}""", Codes.WrongType, 19)]
    [DataRow("""{"options": {"a": true}}""", Codes.WrongType, 19)]
    [DataRow("""{"options": {"a": {"default": []}}}""", Codes.WrongType, 31)]
    [DataRow("""{"dependsOn": {"./a": null}}""", Codes.WrongType, 23)]
    [DataRow("""{"mounts": {}}""", Codes.WrongType, 12)]
    [DataRow("""{"containerEnv": {"A": {}}}""", Codes.WrongType, 24)]
    [DataRow("""{"id" }""", Codes.ConfigurationNotJson, 7)]
    public async Task Broken_metadata_is_an_error_at_its_place_in_the_Feature(string metadata, string code, int column)
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./a":{}}}""");
        string folder = workspace.Feature("a", metadata);
        Diagnostic error = await Expect.ErrorAsync(code, workspace.ResolveAsync);
        Assert.AreEqual(new SourceLocation(Path.Combine(folder, "devcontainer-feature.json"), 1, column), error.Location);
    }

    [TestMethod]
    [DataRow("""{"flag":"yes"}""", Codes.FeatureOptionWrongType, "true or false")]
    [DataRow("""{"flag":1}""", Codes.FeatureOptionWrongType, "true or false")]
    [DataRow("""{"text":{}}""", Codes.FeatureOptionWrongType, "a string")]
    [DataRow("""{"text":null}""", Codes.FeatureOptionWrongType, "a string")]
    [DataRow("""{"more":[["x"]]}""", Codes.FeatureOptionWrongType, "a string")]
    [DataRow("""{"some":"c"}""", Codes.FeatureOptionNotAllowed, "'a', 'b'")]
    [DataRow("""{"text":"\u0000"}""", Codes.TextHasNul, "NUL")]
    public async Task A_value_that_an_option_cannot_have_is_an_error_at_the_value(string options, string code, string says)
    {
        using var workspace = new Workspace($$$"""{"image":"a","features":{"./a":{{{options}}}}}""");
        workspace.Feature("a", """{"options":{"flag":{"type":"boolean"},"text":{"type":"string"},"some":{"type":"string","enum":["a","b"]}}}""");
        Diagnostic error = await Expect.ErrorAsync(code, workspace.ResolveAsync);
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 1, 40), error.Location);
        Assert.Contains(says, error.Message);
    }

    [TestMethod]
    public async Task An_unknown_option_is_a_warning_and_passed_on()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./a":{"versoin":"1"}}}""");
        workspace.Feature("a", """{"options":{"version":{"type":"string"}}}""");
        ResolvedFeature feature = (await workspace.ResolveAsync()).Single();
        Diagnostic warning = feature.Warnings.Single();
        Assert.AreEqual(Codes.FeatureOptionUnknown, warning.Code);
        Assert.AreEqual(new SourceLocation(workspace.ConfigurationFile, 1, 33), warning.Location);
        Assert.Contains("'version'", warning.Message);
        Assert.AreEqual("""{"versoin":"1"}""", feature.Options.ToJson());
    }

    [TestMethod]
    public async Task Deprecated_and_renamed_Features_are_warnings()
    {
        using var workspace = new Workspace("""{"image":"a","features":{"./a":{}}}""");
        workspace.Feature("a", """{"id":"a","currentId":"b","legacyIds":["a"],"deprecated":true,"documentationURL":"https://example.com"}""");
        ResolvedFeature feature = (await workspace.ResolveAsync()).Single();
        CollectionAssert.AreEqual(new[] { Codes.FeatureDeprecated, Codes.FeatureRenamed }, feature.Warnings.Select(warning => warning.Code).ToArray());
    }
}

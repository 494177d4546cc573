using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Tests;

[TestClass]
public sealed class ContainerUsersTests
{
    [TestMethod]
    [DataRow("{}", null, null, "root root root")]
    [DataRow("{}", null, "app", "app app app")]
    [DataRow("{}", null, "1000:1000", "1000:1000 1000:1000 1000:1000")]
    [DataRow("""{"remoteUser":"r"}""", null, "app", "app app r")]
    [DataRow("""{"containerUser":"c"}""", null, "app", "app c c")]
    [DataRow("""{"containerUser":"c","remoteUser":"r"}""", """[{"containerUser":"x","remoteUser":"y"}]""", "app", "app c r")]
    [DataRow("""{"containerUser":""}""", """[{"containerUser":"x","remoteUser":"y"},{"remoteUser":"z"}]""", "app", "app x z")]
    public void The_last_that_names_a_user_wins(string configuration, string? label, string? imageUser, string expected)
    {
        ContainerUsers users = Resolve(configuration, label, imageUser);
        Assert.AreEqual(expected, $"{users.Image} {users.Container} {users.Remote}");
    }

    [TestMethod]
    [DataRow("""{"containerUser":"$(id)"}""", null)]
    [DataRow("""{"containerUser":"a b"}""", null)]
    [DataRow("""{"remoteUser":"a\nUSER root"}""", null)]
    [DataRow("""{"remoteUser":"-u"}""", null)]
    [DataRow("""{"remoteUser":"a:"}""", null)]
    [DataRow("""{"remoteUser":"a:b:c"}""", null)]
    [DataRow("""{"remoteUser":"a\u001b[31m"}""", null)]
    [DataRow("{}", "`id`")]
    public void What_is_no_user_name_is_refused(string configuration, string? imageUser)
    {
        Diagnostic error = Expect.Error(Codes.UserNotValid, () => Resolve(configuration, null, imageUser));
        Assert.IsFalse(error.Message.Any(char.IsControl));
        Assert.AreEqual(imageUser is null, error.Location is not null);
    }

    [TestMethod]
    public void A_base_image_cannot_name_what_is_no_user() =>
        Expect.Error(Codes.UserNotValid, () => Resolve("{}", """[{"remoteUser":"$(id)"},{"containerUser":{"a":1}}]""", null));

    [TestMethod]
    public void A_variable_in_a_user_must_be_allowed_where_Features_are_told_it()
    {
        var context = new SubstitutionContext { LocalEnv = _ => "me" };
        const string Label = """[{"remoteUser":"${localEnv:USER}"}]""";
        Assert.AreEqual("${localEnv:USER}", Resolve("{}", Label, null, context).Remote);
        Expect.Error(Codes.EnvironmentNotAllowed, () => Resolve("""{"features":{"./a":{}}}""", Label, null, context));
        Assert.AreEqual("me", Resolve("{}", Label, null, context with { AllowedEnvironment = new HashSet<string> { "USER" } }).Remote);
    }

    private static ContainerUsers Resolve(string configuration, string? label, string? imageUser, SubstitutionContext? context = null)
    {
        var root = (JsonObject)JsonNode.Parse(configuration);
        using var workspace = new Workspace(root.With("image", new JsonString("a")).ToJson());
        DevcontainerConfiguration loaded = workspace.Load(context);
        return ContainerUsers.Resolve(loaded, ImageMetadataTests.Parse(label).With([], loaded), imageUser);
    }
}

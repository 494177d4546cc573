using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>Bad input: one error, with code, place and remedy, and nothing written. No engine is needed to find any of it.</summary>
[TestClass]
public sealed class FaultTests : SdkTests
{
    [TestMethod]
    [DataRow("DevcontainerForce=maybe", "DEVC9001", "true or false")]
    [DataRow("DevcontainerDryRun=1", "DEVC9001", "true or false")]
    [DataRow("DevcontainerOffline=yes", "DEVC9001", "true or false")]
    [DataRow("DevcontainerLockedMode=on", "DEVC9001", "true or false")]
    [DataRow("GenerateDevcontainerSbom=spdx", "DEVC9001", "true or false")]
    [DataRow("DevcontainerBuilderMaxParallelism=0", "DEVC9001", "above zero")]
    [DataRow("DevcontainerMaxParallelJobs=0", "DEVC9001", "above zero")]
    [DataRow("DevcontainerBuildTimeout=0", "DEVC9001", "above zero")]
    [DataRow("DevcontainerBuildTimeout=25.00:00:00", "DEVC9001", "24 days")]
    [DataRow("DevcontainerBuildRetries=-1", "DEVC9001", "whole number")]
    [DataRow("DevcontainerLockTimeout=soon", "DEVC9001", "hh:mm:ss")]
    [DataRow("DevcontainerLockTimeout=-00:00:01", "DEVC9001", "hh:mm:ss")]
    [DataRow("DevcontainerRegistryMirrors=nonsense", "DEVC9001", "registry=mirror")]
    [DataRow("DevcontainerTrustedRealms=login.example", "DEVC9001", "registry=host")]
    [DataRow("DevcontainerTrustedRealms=registry.example=https://login.example/token", "DEVC9001", "registry=host")]
    [DataRow("DevcontainerInstallSdk=perhaps", "DEVC9001", "true or false")]
    [DataRow("DevcontainerReferenceCompatible=perhaps", "DEVC9001", "true or false")]
    [DataRow("DevcontainerPlatforms=linux/z80", "DEVC1041", "linux/z80")]
    [DataRow("DevcontainerPlatforms=linux/amd64%3Bwindows/amd64", "DEVC1041", "windows/amd64")]
    [DataRow("DevcontainerPlatforms=linux/amd64%2Camiga/m68k", "DEVC1041", "amiga/m68k")]
    [DataRow("DevcontainerConfigFile=nowhere.json", "DEVC1001", "nowhere.json")]
    [DataRow("DevcontainerOutputPath=dev.proj/below", "DEVC9003", "dev.proj")]
    [DataRow("DevcontainerRepository=-bad", "CONTAINER2005", "-bad")]
    [DataRow("DevcontainerImageTags=-not-a-tag", "CONTAINER2010", "-not-a-tag")]
    public async Task A_wrong_property_is_one_error(string property, string code, string says)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string before = FolderSnapshot.Take(workspace.Folder);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:" + property)).Failed(code);
        Assert.Contains(says, error.Text);
        if (!code.StartsWith("CONTAINER", StringComparison.Ordinal))
        {
            Assert.AreEqual(workspace[code == "DEVC1001" ? says : "dev.proj"], error.File);
        }

        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    [DataRow("""<DevcontainerCacheMount Include="relative/path" />""", "DEVC9005", "relative/path")]
    [DataRow("""<DevcontainerCacheMount Include="/cache" Sharing="sometimes" />""", "DEVC9005", "sometimes")]
    [DataRow("""<DevcontainerSecret Include="token" />""", "DEVC9005", "EnvironmentVariable")]
    [DataRow("""<DevcontainerSecret Include="token" EnvironmentVariable="NOT_SET_ANYWHERE" />""", "DEVC9005", "NOT_SET_ANYWHERE")]
    [DataRow("""<DevcontainerSecret Include="token" File="no-such-file" />""", "DEVC9005", "no-such-file")]
    [DataRow("""<DevcontainerCacheFrom Include="type=floppy,ref=a" />""", "DEVC9005", "floppy")]
    [DataRow("""<DevcontainerCacheTo Include="type=registry,ref" />""", "DEVC9005", "'ref'")]
    [DataRow("""<DevcontainerInput Include="dev.proj" Tier="basement" />""", "DEVC3053", "basement")]
    [DataRow("""<DevcontainerInput Include="dev.proj" Projection="mercator" />""", "DEVC3051", "mercator")]
    [DataRow("""<DevcontainerInput Include="no-such-file.txt" />""", "DEVC3050", "no-such-file.txt")]
    [DataRow("""<DevcontainerInput Include=".devcontainer/hello.txt" Projection="json" />""", "DEVC3052", "hello.txt")]
    [DataRow("""<DevcontainerInput Include=".devcontainer/hello.txt" Projection="xml" />""", "DEVC3052", "hello.txt")]
    public async Task A_wrong_item_is_one_error(string item, string code, string says)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Write("dev.proj", $"""<Project Sdk="Devcontainer.Sdk"><ItemGroup>{item}</ItemGroup></Project>""");
        string before = FolderSnapshot.Take(workspace.Folder);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code);
        Assert.Contains(says, error.Text);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    [DataRow("{\n  \"image\": \"debian\",,\n}", "DEVC1002", 2, 21)]
    [DataRow("{\n  \"image\": \"debian\"\n", "DEVC1002", 3, 1)]
    [DataRow("{ \"image\": 7 }", "DEVC1008", 1, 12)]
    [DataRow("{\n  \"image\": \"debian:\"\n}", "DEVC1040", 2, 12)]
    [DataRow("{\n  \"dockerComposeFile\": \"compose.yml\"\n}", "DEVC1012", 2, 24)]
    [DataRow("{\n  \"name\": \"nothing to build\"\n}", "DEVC1010", 1, 1)]
    [DataRow("{ \"image\": \"debian\",\n  \"features\": { \"owner/repository/b\": {} } }", "DEVC2002", 2, 17)]
    [DataRow("{ \"image\": \"debian\",\n  \"features\": { \"./none\": {} } }", "DEVC2003", 2, 17)]
    [DataRow("{\n  \"build\": { \"dockerfile\": \"Nofile\" } }", "DEVC1012", 2, 28)]
    [DataRow("{\n  \"build\": { \"dockerfile\": \"Dockerfile\", \"context\": \"../..\" } }", "DEVC1013", 2, 53)]
    [DataRow("{\n  \"build\": { \"dockerfile\": \"elsewhere/Dockerfile\" } }", "DEVC1013", 2, 28, DisplayName = "a Dockerfile behind a symbolic link")]
    [DataRow("{\n  \"build\": { \"dockerfile\": \"Dockerfile\", \"context\": \"elsewhere\" } }", "DEVC1013", 2, 53, DisplayName = "a context behind a symbolic link")]
    [DataRow("{ \"build\": { \"dockerfile\": \"Dockerfile\",\n  \"args\": { \"A\": \"${localEnv:PATH}\" } } }", "DEVC1014", 2, 18)]
    [DataRow("{ \"image\": \"debian\", \"features\": { \"./one\": {} },\n  \"containerEnv\": { \"A\": \"${localEnv:PATH}\" } }", "DEVC1014", 2, 26)]
    [DataRow("{\n  \"image\": \"-v/:/host\"\n}", "DEVC1040", 2, 12)]
    [DataRow("{\n  \"image\": \"d\\u0435bian\"\n}", "DEVC1040", 2, 12, DisplayName = "Cyrillic e")]
    [DataRow("{\n  \"image\": \"debian@sha256:12\"\n}", "DEVC1040", 2, 12)]
    public async Task A_wrong_configuration_is_one_error_at_its_place(string configuration, string code, int line, int column)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        Directory.CreateDirectory(workspace[".git"]);
        string file = workspace.Write(".devcontainer/devcontainer.json", configuration);
        workspace.Write("../elsewhere/Dockerfile", "FROM scratch\n");
        File.CreateSymbolicLink(workspace[".devcontainer/elsewhere"], workspace["../elsewhere"]);
        string before = FolderSnapshot.Take(workspace.Folder);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code);
        Assert.AreEqual((file, line, column), (error.File, error.Line, error.Column), error.Text);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    [DataRow("FROM scratch\nCOPY --from=-v /a /b\n", "DEVC1040", 2)]
    [DataRow("FROM scratch\n\nCOPY --from=d\u0435bian /a /b\n", "DEVC1040", 3, DisplayName = "Cyrillic e")]
    [DataRow("FROM scratch AS a\nFROM ghcr.io/-/a\n", "DEVC1040", 2)]
    public async Task A_wrong_image_in_a_Dockerfile_is_one_error_at_its_line(string dockerfile, string code, int line)
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string file = workspace.Write(".devcontainer/Dockerfile", dockerfile);
        string before = FolderSnapshot.Take(workspace.Folder);
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed(code);
        Assert.AreEqual((file, line), (error.File, error.Line), error.Text);
        Assert.AreEqual(before, FolderSnapshot.Take(workspace.Folder));
    }

    [TestMethod]
    public async Task A_name_is_normalised_as_the_NET_SDK_does()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        CommandResult names = (await workspace.BuildAsync(
            "build", "-t:_NormalizeDevcontainerNames", "-p:DevcontainerRepository=Team/My App", "-p:DevcontainerImageTags=a%3Bb", "-getProperty:DevcontainerRepository,DevcontainerImageTags")).Succeeded();
        Assert.AreEqual("team/my-app", names.Json.GetProperty("Properties").GetProperty("DevcontainerRepository").GetString());
        Assert.AreEqual("a;b", names.Json.GetProperty("Properties").GetProperty("DevcontainerImageTags").GetString());
    }

    [TestMethod]
    public async Task A_property_that_does_not_exist_is_a_warning_with_the_nearest_name()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        BuildMessage warning = (await workspace.BuildAsync("build", "-t:ResolveDevcontainer", "-p:DevcontainerPlatfroms=linux/amd64")).SucceededWithWarning("DEVC9002");
        Assert.Contains("DevcontainerPlatforms", warning.Text);
        Assert.AreEqual(workspace["dev.proj"], warning.File);
    }

    [TestMethod]
    public async Task Locked_mode_fails_on_a_missing_pin_and_asks_no_registry()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string file = workspace.Write(".devcontainer/devcontainer.json", "{\n  \"image\": \"registry.invalid/never:asked\"\n}");
        workspace.Environment["CI"] = "true";
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3060");
        Assert.AreEqual((file, 2), (error.File, error.Line));
        Assert.Contains("devcontainer-prebuild.lock.json", error.Text);
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task An_output_folder_that_cannot_be_written_is_an_error()
    {
        // Nobody can write here, root included.
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerOutputPath=/proc/devcontainer")).Failed("DEVC9003");
        Assert.Contains("/proc/devcontainer", error.Text);
        (await workspace.BuildAsync("build", "-p:DevcontainerOutputPath=/proc/devcontainer")).Failed("DEVC9003");
    }

    [TestMethod]
    public async Task Offline_no_registry_is_asked()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string file = workspace.Write(".devcontainer/devcontainer.json", "{\n  \"image\": \"registry.invalid/never:asked\"\n}");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild", "-p:DevcontainerOffline=true")).Failed("DEVC3065");
        Assert.AreEqual((file, 2), (error.File, error.Line));
    }

    [TestMethod]
    public async Task What_was_not_built_cannot_be_loaded()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        workspace.Environment["PATH"] = workspace[".."];
        CommandResult run = await workspace.BuildAsync("build", "-t:Build", "-t:LoadDevcontainer");
        CollectionAssert.AreEqual(new[] { "DEVC4030", "DEVC4021" }, run.Messages.Select(static message => message.Code).ToArray(), run.Report);
    }

    [TestMethod]
    public async Task A_lock_file_that_cannot_be_used_is_an_error_at_its_place()
    {
        Workspace workspace = NewWorkspace().WithSmallDevcontainer();
        string file = workspace.Write(".devcontainer/devcontainer-prebuild.lock.json", "{\n  \"version\": 1,\n  broken\n}");
        BuildMessage error = (await workspace.BuildAsync("build", "-t:Prebuild")).Failed("DEVC3061");
        Assert.AreEqual((file, 3), (error.File, error.Line));
    }
}

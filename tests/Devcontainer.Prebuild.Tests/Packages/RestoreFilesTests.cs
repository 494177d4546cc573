using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Packages;

namespace Devcontainer.Prebuild.Tests.Packages;

[TestClass]
public sealed class RestoreFilesTests
{
    private const string Project = "<Project Sdk=\"Microsoft.NET.Sdk\" />";

    [TestMethod]
    public void A_project_and_what_is_read_of_its_own_accord_in_the_folders_above()
    {
        using var workspace = new TestFolder();
        string[] read =
        [
            "src/App/App.csproj", "src/App/packages.lock.json", "src/Directory.Build.props", "src/Directory.Packages.props", "Directory.Build.props",
            "Directory.Build.targets", "Directory.Packages.props", "NuGet.config", "global.json", ".config/dotnet-tools.json", "src/dotnet-tools.json", "Directory.Build.rsp",
        ];
        foreach (string file in read)
        {
            workspace.Write(file, file.EndsWith(".json", StringComparison.Ordinal) ? "{}" : Project);
        }

        foreach (string file in (string[])["src/App/Program.cs", "src/Other/Other.csproj", "src/Other/Directory.Build.props", "src/App/sub/Directory.Build.props", "README.md"])
        {
            workspace.Write(file, Project);
        }

        CollectionAssert.AreEquivalent(read, Find(workspace, "src/App/App.csproj"));
    }

    [TestMethod]
    [DataRow("App.slnx", """<Solution><Folder Name="/src/"><Project Path="src/App/App.csproj" /></Folder></Solution>""", DisplayName = "slnx")]
    [DataRow("App.sln", "Project(\"{9A19103F-16F7-4668-BE54-9A1E7A4F7556}\") = \"App\", \"src\\App\\App.csproj\", \"{1}\"\nEndProject\n", DisplayName = "sln")]
    [DataRow("App.slnf", """{ "solution": { "path": "All.sln", /* comment */ "projects": ["src\\App\\App.csproj"] } }""", DisplayName = "slnf")]
    public void A_solution_and_its_projects(string name, string text)
    {
        using var workspace = new TestFolder();
        workspace.Write(name, text);
        workspace.Write("All.sln", "Project(\"{9A}\") = \"App\", \"src\\App\\App.csproj\", \"{1}\"\n");
        workspace.Write("src/App/App.csproj", Project);
        workspace.Write("src/Not/Not.csproj", Project);
        string[] found = Find(workspace, name);
        Assert.Contains(name, found);
        Assert.Contains("src/App/App.csproj", found);
        Assert.DoesNotContain("src/Not/Not.csproj", found);
    }

    [TestMethod]
    [DataRow("""<ProjectReference Include="..\Lib\Lib.csproj" />""", "src/Lib/Lib.csproj", DisplayName = "a reference")]
    [DataRow("""<ProjectReference Include="../Lib/Lib.csproj;../Two/Two.csproj" />""", "src/Two/Two.csproj", DisplayName = "several references")]
    [DataRow("""<ProjectReference Condition="'$(X)' == 'never'" Include="../Lib/Lib.csproj" />""", "src/Lib/Lib.csproj", DisplayName = "a condition")]
    [DataRow("""<ProjectReference Include="$(RepoRoot)src/Lib/Lib.csproj" />""", "src/Lib/Lib.csproj", DisplayName = "a property of a folder above")]
    [DataRow("""<ProjectReference Include="$(Unknown)/Lib.csproj" />""", "src/Lib/Lib.csproj", DisplayName = "a property that is not known")]
    [DataRow("""<ProjectReference Include="../*/Li*.csproj" />""", "src/Lib/Lib.csproj", DisplayName = "a pattern")]
    [DataRow("""<ProjectReference Include="@(Others)" />""", "src/Lib/Lib.csproj", DisplayName = "items")]
    public void What_projects_refer_to_whatever_the_conditions(string reference, string expected)
    {
        using var workspace = new TestFolder();
        workspace.Write("Directory.Build.props", "<Project><PropertyGroup><RepoRoot>$(MSBuildThisFileDirectory)</RepoRoot></PropertyGroup></Project>");
        workspace.Write("src/App/App.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup>{reference}</ItemGroup></Project>");
        workspace.Write("src/Lib/Lib.csproj", Project);
        workspace.Write("src/Two/Two.csproj", Project);
        Assert.Contains(expected, Find(workspace, "src/App/App.csproj"));
    }

    [TestMethod]
    [DataRow("""<Import Project="../eng/Versions.props" />""", DisplayName = "a path")]
    [DataRow("""<Import Project="$(MSBuildThisFileDirectory)../eng/Versions.props" />""", DisplayName = "beside this file")]
    [DataRow("""<Import Project="$(MSBuildProjectDirectory)\..\eng\Versions.props" />""", DisplayName = "beside the project")]
    [DataRow("""<PropertyGroup><EngDir>../eng/</EngDir></PropertyGroup><Import Project="$(EngDir)Versions.props" />""", DisplayName = "a property")]
    [DataRow("""<Import Project="$([MSBuild]::GetPathOfFileAbove('eng/Versions.props', '$(MSBuildThisFileDirectory)../'))" />""", DisplayName = "a file above")]
    [DataRow("""<Import Project="$([MSBuild]::GetDirectoryNameOfFileAbove($(MSBuildThisFileDirectory), 'global.json'))/eng/Versions.props" />""", DisplayName = "beside a file above")]
    [DataRow("""<Import Project="$([System.IO.Path]::Combine('$(Here)', 'eng', 'Versions.props'))" />""", DisplayName = "a function")]
    [DataRow("""<Import Project="../eng/*.props" />""", DisplayName = "a pattern")]
    public void What_is_imported_and_what_that_imports(string import)
    {
        using var workspace = new TestFolder();
        workspace.Write("global.json", "{}");
        workspace.Write("eng/Versions.props", """<Project><Import Project="More.props" /></Project>""");
        workspace.Write("eng/More.props", "<Project />");
        workspace.Write("App/App.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk\">{import}</Project>");
        string[] found = Find(workspace, "App/App.csproj");
        Assert.Contains("eng/Versions.props", found);
        Assert.Contains("eng/More.props", found);
    }

    [TestMethod]
    public void What_imports_itself_is_read_once()
    {
        using var workspace = new TestFolder();
        workspace.Write("a.props", """<Project><PropertyGroup><A>$(A)x</A></PropertyGroup><Import Project="b.props" /></Project>""");
        workspace.Write("b.props", """<Project><Import Project="a.props" /><Import Project="$(A)/c.props" /></Project>""");
        workspace.Write("App.csproj", """<Project><Import Project="a.props" /></Project>""");
        CollectionAssert.AreEqual(new[] { "App.csproj", "a.props", "b.props" }, Find(workspace, "App.csproj"));
    }

    [TestMethod]
    public void SDKs_are_found_with_the_version_that_projects_or_global_json_give()
    {
        using var workspace = new TestFolder();
        workspace.Write("global.json", """{ "msbuild-sdks": { "Two": "2.0.0", "Three": "9.0.0", "Unused": "1.0.0" } } // comment""");
        workspace.Write("App.csproj", """<Project Sdk="Microsoft.NET.Sdk;One/1.0.0"><Sdk Name="Two" /><Import Project="Sdk.props" Sdk="Three" Version="3.0.0" /></Project>""");
        CollectionAssert.AreEquivalent(
            new KeyValuePair<string, string?>[] { new("Microsoft.NET.Sdk", null), new("One", "1.0.0"), new("Two", "2.0.0"), new("Three", "3.0.0") },
            MSBuildSdks.WithVersions(RestoreFiles.Find([workspace["App.csproj"]], workspace.Path)).ToArray());
    }

    [TestMethod]
    public void Comments_do_not_count_where_a_file_is_XML_and_what_is_none_counts_as_text()
    {
        using var workspace = new TestFolder();
        workspace.Write("App.csproj", """<Project Sdk="Microsoft.NET.Sdk"><Import Project="broken.props" /></Project>""");
        workspace.Write("broken.props", "<Project><Import Project=\"more.props\" /><");
        workspace.Write("more.props", "<Project />");
        workspace.Write("packages.lock.json", "{}");
        CollectionAssert.AreEqual(
            new[] { ("App.csproj", "xml"), ("broken.props", "text"), ("more.props", "xml"), ("packages.lock.json", "json") },
            RestoreFiles.Find([workspace["App.csproj"]], workspace.Path).Inputs.Select(input => (Path.GetRelativePath(workspace.Path, input.Path), input.Projection)).ToArray());
    }

    [TestMethod]
    public void A_project_that_is_not_there_is_an_error()
    {
        using var workspace = new TestFolder();
        Diagnostic error = Errors.Expect(Codes.RestoreProjectMissing, () => Find(workspace, "src/Gone.csproj"));
        Assert.Contains(workspace["src/Gone.csproj"], error.Message);
    }

    private static string[] Find(TestFolder workspace, string project) =>
        [.. RestoreFiles.Find([workspace[project]], workspace.Path).Inputs.Select(input => Path.GetRelativePath(workspace.Path, input.Path).Replace('\\', '/'))];
}

using Devcontainer.Prebuild.Appending;

namespace Devcontainer.Prebuild.Tests.Appending;

[TestClass]
public sealed class AppendedVariableTests
{
    [TestMethod]
    [DataRow("A=1", "X", "Replace", "A=1|X=new", "comes last where it is not there")]
    [DataRow("X=old|A=1", "X", "Replace", "X=new|A=1", "takes the place of another value")]
    [DataRow("X=old", "X", "Before", "X=new:old", "comes before")]
    [DataRow("X=old", "X", "After", "X=old:new", "comes after")]
    [DataRow("X=", "X", "Before", "X=new", "an empty value is none")]
    [DataRow("X=a:new:b", "X", "Before", "X=a:new:b", "is not there twice")]
    [DataRow("X=news", "X", "After", "X=news:new", "part of another value is not it")]
    [DataRow("XX=1|X", "X", "Replace", "XX=1|X|X=new", "another name is not it")]
    [DataRow("X=1|X=2", "X", "After", "X=1|X=2:new", "of several the last counts")]
    public void It_meets_what_is_there(string environment, string name, string join, string expected, string why) => Assert.AreEqual(
        expected, string.Join('|', new AppendedVariable(name, "new", Enum.Parse<VariableJoin>(join)).AddTo(environment.Split('|'))), why);
}

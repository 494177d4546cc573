using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace Monorepo.Tests;

[TestClass]
public sealed class GreetingTests
{
    [TestMethod]
    public void A_visit_is_counted_in_words() => Assert.AreEqual("You are here for the second time.", Greeting.For(2));
}

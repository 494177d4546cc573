using Devcontainer.Prebuild.Explain;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Tests.Receipts;

namespace Devcontainer.Prebuild.Tests.Explain;

/// <summary>What is said of inputs, whatever image they are of.</summary>
internal static class ExplainedInputs
{
    internal static IReadOnlyList<InputChange> Between(IReadOnlyList<ReceiptInput> before, IReadOnlyList<ReceiptInput> now) =>
        InputComparison.Compare(ReceiptSample.Create() with { Inputs = before }, ["linux/amd64"], now);
}

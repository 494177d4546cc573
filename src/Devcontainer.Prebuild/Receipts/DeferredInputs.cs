using System.Collections;

namespace Devcontainer.Prebuild.Receipts;

/// <summary>The inputs of a receipt, read when they are asked for: none where the file is another one by then, or cannot be read.</summary>
/// <param name="path">The receipt.</param>
/// <param name="head">What it begins with.</param>
internal sealed class DeferredInputs(string path, ReadOnlyMemory<byte> head) : IReadOnlyList<ReceiptInput>
{
    private readonly Lazy<IReadOnlyList<ReceiptInput>> _inputs = new(() => Read(path, head));

    /// <inheritdoc />
    public int Count => _inputs.Value.Count;

    /// <inheritdoc />
    public ReceiptInput this[int index] => _inputs.Value[index];

    /// <inheritdoc />
    public IEnumerator<ReceiptInput> GetEnumerator() => _inputs.Value.GetEnumerator();

    /// <inheritdoc />
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static IReadOnlyList<ReceiptInput> Read(string path, ReadOnlyMemory<byte> head)
    {
        try
        {
            byte[] json = File.ReadAllBytes(path);
            return json.AsSpan().StartsWith(head.Span) ? ReceiptFile.Parse(json)?.Inputs ?? [] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

namespace Devcontainer.Spec;

/// <summary>How much JSON is accepted, so that a hostile file costs neither memory nor stack.</summary>
/// <param name="Bytes">The longest text, in bytes of UTF-8.</param>
/// <param name="Depth">The deepest nesting.</param>
public sealed record JsonLimits(int Bytes, int Depth)
{
    /// <summary>4 MiB and 128 levels: a thousand times what real configurations need.</summary>
    public static JsonLimits Default { get; } = new(4 * 1024 * 1024, 128);
}

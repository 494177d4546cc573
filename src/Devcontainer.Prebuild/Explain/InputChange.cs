namespace Devcontainer.Prebuild.Explain;

/// <summary>An input that differs between two images.</summary>
/// <param name="Name">Its path, or what it is where it is no file: <c>base image debian:12</c>, <c>build argument LEVEL</c>.</param>
/// <param name="Tier">The tier whose key it changes; <c>index</c> for a platform.</param>
/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="From">What it was: a value where the receipt has one, else a digest; null where it was not there.</param>
/// <param name="To">What it is; null where it is not there, or for a base image without a pin.</param>
/// <param name="Words">What happened to it, to stand after its name and a colon: <c>1.5.0 → 1.6.0</c>, <c>added</c>.</param>
public sealed record InputChange(string Name, string Tier, string Change, string? From, string? To, string Words)
{
    /// <summary>The name and what happened, on one line whatever characters names have.</summary>
    public string Text => string.Concat($"{Name}: {Words}".Select(static c => char.IsControl(c) ? ' ' : c));
}

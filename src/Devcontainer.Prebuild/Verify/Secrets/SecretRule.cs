using System.Text.RegularExpressions;

namespace Devcontainer.Prebuild.Verify.Secrets;

/// <summary>A kind of secret that its text gives away.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Severity">How sure a hit is.</param>
/// <param name="Anchor">What every secret of the kind has; the pattern is only tried there.</param>
/// <param name="Pattern">All of it; a group <c>secret</c> is what is secret, without one all is.</param>
/// <param name="Before">The most characters that the pattern has before the anchor.</param>
internal sealed record SecretRule(string Id, FindingSeverity Severity, string Anchor, Regex Pattern, int Before = 0);

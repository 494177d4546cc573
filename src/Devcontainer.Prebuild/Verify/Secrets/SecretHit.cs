namespace Devcontainer.Prebuild.Verify.Secrets;

/// <summary>Something in a text that looks like a secret. It never holds the secret.</summary>
/// <param name="Rule">What it looks like, as <c>github-token</c>.</param>
/// <param name="Severity">How sure that is.</param>
/// <param name="Masked">Its first characters at the most, and how long it is.</param>
/// <param name="Line">One-based line in the text.</param>
internal sealed record SecretHit(string Rule, FindingSeverity Severity, string Masked, int Line);

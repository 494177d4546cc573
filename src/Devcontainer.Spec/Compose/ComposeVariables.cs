using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Compose;

/// <summary>
/// What variables of Compose files stand for: the environment, where the project allows the name, and the <c>.env</c> files. A name that it does not allow counts
/// as not set, as long as nothing depends on it: where this machine has another value than the files say, a container made here would be another one.
/// </summary>
/// <param name="context">Knows the environment.</param>
/// <param name="files">The files, the first that has a name wins.</param>
internal sealed class ComposeVariables(SubstitutionContext context, IReadOnlyList<EnvironmentFile> files)
{
    /// <summary>The same with more files, which come after those that are there.</summary>
    internal ComposeVariables With(IEnumerable<EnvironmentFile> more) => new(context, [.. files, .. more]);

    /// <summary>Replaces the variables of a text that becomes part of the image.</summary>
    /// <param name="text">The text.</param>
    /// <param name="location">Where it is written.</param>
    /// <param name="place">What of the image it becomes part of.</param>
    /// <exception cref="DevcontainerException">DEVC1011: it cannot be read, or a variable is required. DEVC1014: the project did not allow a variable that is needed.</exception>
    internal string Substitute(string text, SourceLocation location, string place) => ComposeTemplate.Substitute(
        text,
        (name, hasDefault) => Find(name, hasDefault, $"${{{name}}}", location, place),
        reason => new DevcontainerException(Codes.ComposeInvalid, location, place, reason));

    /// <summary>The value of a name; null where it has none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isOptional">Whether nothing is needed.</param>
    /// <param name="written">How it is written.</param>
    /// <param name="location">Where.</param>
    /// <param name="place">What of the image it becomes part of.</param>
    /// <exception cref="DevcontainerException">DEVC1014: the project did not allow it.</exception>
    internal string? Find(string name, bool isOptional, string written, SourceLocation location, string place)
    {
        string? value = null;
        for (int i = 0; value is null && i < files.Count; i++)
        {
            value = files[i].Find(name, (inner, isOptionalThere, own, there) => Decide(inner, isOptionalThere, own, $"${{{inner}}}", there, place));
        }

        return Decide(name, isOptional, value, written, location, place);
    }

    private string? Decide(string name, bool isOptional, string? own, string written, SourceLocation location, string place) =>
        context.AllowedEnvironment.Contains(name) ? context.LocalEnv(name) ?? own
        : (own is not null || isOptional) && !context.IsElsewise(name, own) ? own
        : throw new DevcontainerException(Codes.EnvironmentNotAllowed, location, JsonText.Escape(written), JsonText.Escape(name), place);
}

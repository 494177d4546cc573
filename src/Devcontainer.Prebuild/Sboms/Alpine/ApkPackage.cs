namespace Devcontainer.Prebuild.Sboms.Alpine;

/// <summary>A package of apk's database; what it does not give is null.</summary>
internal sealed record ApkPackage(
    string Name, string Version, string? Architecture, string? Origin, string? Maintainer, string? Summary, string? Homepage, string? License)
{
    /// <summary>A package by its fields; null where it has no name or no version.</summary>
    internal static ApkPackage? Of(IReadOnlyDictionary<char, string> fields)
    {
        return Field('P') is { } name && Field('V') is { } version
            ? new ApkPackage(name, version, Field('A'), Field('o'), Field('m'), Field('T'), Field('U'), Field('L'))
            : null;

        string? Field(char name) => fields.TryGetValue(name, out string? text) && text.Length > 0 ? text : null;
    }
}

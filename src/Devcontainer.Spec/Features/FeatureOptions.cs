using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>The values of a Feature's options: its defaults, and over them what the user wrote.</summary>
internal static class FeatureOptions
{
    /// <summary>The option that a single value stands for: <c>"…/node:1": "20"</c>.</summary>
    private const string MainOption = "version";

    /// <summary>Merges and checks.</summary>
    /// <param name="request">What the user wrote.</param>
    /// <param name="metadata">The options that there are.</param>
    /// <param name="warnings">Gets a warning for an option that there is not.</param>
    /// <returns>Values by option: the defaults in the Feature's order, then unknown ones as written.</returns>
    /// <exception cref="DevcontainerException">A value is of the wrong type, or not among those allowed.</exception>
    public static JsonObject Resolve(FeatureRequest request, FeatureMetadata metadata, List<Diagnostic> warnings)
    {
        var values = new List<JsonProperty>();
        foreach (FeatureOption option in metadata.Options)
        {
            if (option.Default is not null)
            {
                values.Add(new JsonProperty(option.Name, option.Default, option.Default.Position));
            }
        }

        if (request.Options is JsonObject given)
        {
            foreach (JsonProperty property in given)
            {
                JsonProperty option = Joined(property, request);
                Check(request, option, metadata, warnings);
                values.Add(option);
            }
        }
        else if (Find(metadata, MainOption) is not null)
        {
            var version = new JsonProperty(MainOption, request.Options, request.Options.Position);
            Check(request, version, metadata, warnings);
            values.Add(version);
        }
        else if (request.Options is JsonString { Value: not ("" or "latest") } text)
        {
            warnings.Add(Unknown(request, MainOption, text.Position, metadata));
        }

        return new JsonObject(values);
    }

    // A list is its values with commas between them, as JavaScript writes one and Features expect several values: the reference CLI passes that on.
    private static JsonProperty Joined(JsonProperty property, FeatureRequest request) =>
        property.Value is JsonArray list && list.All(static value => (value.Kind & JsonShape.TextKinds) != 0)
            ? property with
            {
                Value = new JsonString(
                    string.Join(',', list.Select(value => new JsonShape(request.Location.File ?? "").Text(value, property.Name))), property.Value.Position),
            }
            : property;

    private static void Check(FeatureRequest request, JsonProperty property, FeatureMetadata metadata, List<Diagnostic> warnings)
    {
        FeatureOption? option = Find(metadata, property.Name);
        if (option is null)
        {
            warnings.Add(Unknown(request, property.Name, property.Position, metadata));
        }

        // Scripts get every value as text, so a number, and true and false in quotes, do as well.
        bool boolean = option is { Type: "boolean" };
        SourceLocation location = property.Value.Position.In(request.Location.File);
        bool right = boolean
            ? property.Value is JsonBoolean or JsonString { Value: "true" or "false" }
            : (property.Value.Kind & JsonShape.TextKinds) != 0;
        if (!right)
        {
            throw new DevcontainerException(
                Codes.FeatureOptionWrongType,
                location,
                JsonText.Escape(request.Id),
                property.Name,
                boolean ? "true or false" : "a string",
                Shorten(property.Value.ToJson()));
        }

        string text = new JsonShape(request.Location.File ?? "").Text(property.Value, property.Name);
        if (option is { Enum: { } allowed } && !allowed.Contains(text, StringComparer.Ordinal))
        {
            throw new DevcontainerException(
                Codes.FeatureOptionNotAllowed,
                location,
                JsonText.Escape(request.Id),
                property.Name,
                Shorten(JsonText.Escape(text)),
                string.Join(", ", allowed.Select(value => $"'{JsonText.Escape(value)}'")));
        }
    }

    private static Diagnostic Unknown(FeatureRequest request, string option, TextPosition position, FeatureMetadata metadata)
    {
        string[] names = [.. metadata.Options.Select(known => known.Name)];
        string hint = Spelling.Nearest(option, names) is { } nearest ? $"Did you mean '{nearest}'?"
            : names.Length == 0 ? "It has no options."
            : $"Its options are: {string.Join(", ", names)}.";
        return Diagnostic.Create(Codes.FeatureOptionUnknown, position.In(request.Location.File), JsonText.Escape(request.Id), option, hint);
    }

    private static FeatureOption? Find(FeatureMetadata metadata, string name)
    {
        foreach (FeatureOption option in metadata.Options)
        {
            if (option.Name == name)
            {
                return option;
            }
        }

        return null;
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";
}

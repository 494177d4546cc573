namespace Devcontainer.Spec;

/// <summary>A JSON <c>null</c>.</summary>
public sealed class JsonNull(TextPosition position = default) : JsonNode(position)
{
    /// <inheritdoc/>
    public override JsonKinds Kind => JsonKinds.Null;
}

/// <summary>A JSON <c>true</c> or <c>false</c>.</summary>
public sealed class JsonBoolean(bool value, TextPosition position = default) : JsonNode(position)
{
    /// <summary>The value.</summary>
    public bool Value { get; } = value;

    /// <inheritdoc/>
    public override JsonKinds Kind => JsonKinds.Boolean;
}

/// <summary>A JSON number: a double, as in JavaScript.</summary>
public sealed class JsonNumber(double value, TextPosition position = default) : JsonNode(position)
{
    /// <summary>The value.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public override JsonKinds Kind => JsonKinds.Number;
}

/// <summary>A JSON string.</summary>
public sealed class JsonString(string value, TextPosition position = default) : JsonNode(position)
{
    /// <summary>The text: whole Unicode, no lone surrogates when it was read from a file.</summary>
    public string Value { get; } = value;

    /// <inheritdoc/>
    public override JsonKinds Kind => JsonKinds.String;
}

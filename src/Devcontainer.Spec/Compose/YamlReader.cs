using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Devcontainer.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Devcontainer.Spec.Compose;

/// <summary>Reads YAML as Compose does: anchors, merge keys (<c>&lt;&lt;</c>), several documents, scalars as Go's YAML package takes them.</summary>
internal sealed partial class YamlReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _file;
    private readonly Parser _parser;
    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private int _depth;

    private YamlReader(string file, string text)
    {
        _file = file;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">Absolute path of the file.</param>
    /// <returns>Its documents, those that say something.</returns>
    /// <exception cref="DevcontainerException">Not readable, not YAML, too long, too deep, or text that is not Unicode.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    internal static IReadOnlyList<YamlNode> Load(string file)
    {
        byte[] bytes = JsonParser.Read(file, JsonLimits.Default);
        string text;
        try
        {
            text = Strict.GetString(bytes.AsSpan(JsonParser.StartOf(bytes)));
        }
        catch (DecoderFallbackException e)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.TextNotUnicode, new SourceLocation(file), file), e);
        }

        try
        {
            return new YamlReader(file, text).Documents();
        }
        catch (YamlException e)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.YamlInvalid, new SourceLocation(file, (int)e.Start.Line, (int)e.Start.Column), file, JsonText.Escape(e.Message.TrimEnd('.'))), e);
        }
    }

    private List<YamlNode> Documents()
    {
        var documents = new List<YamlNode>();
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            YamlNode root = Node();
            _parser.Consume<DocumentEnd>();
            if (root is not YamlScalar { Kind: ScalarKind.Null })
            {
                documents.Add(root);
            }
        }

        return documents;
    }

    private YamlNode Node()
    {
        if (_parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            return _anchors.TryGetValue(alias.Value.Value, out YamlNode? known)
                ? known
                : throw Invalid(alias, $"there is no anchor '{JsonText.Escape(alias.Value.Value)}' before this");
        }

        if (++_depth > JsonLimits.Default.Depth)
        {
            throw new DevcontainerException(Codes.JsonTooDeep, LocationOf(_parser.Current!), _file, JsonLimits.Default.Depth);
        }

        if (!_parser.Accept<NodeEvent>(out NodeEvent? start))
        {
            throw Invalid(_parser.Current!, "a value is missing");
        }

        SourceLocation location = LocationOf(start);
        MergeTag tag = TagOf(start);
        YamlNode node = start switch
        {
            Scalar => ScalarOf(_parser.Consume<Scalar>(), location, tag),
            SequenceStart => Sequence(location, tag),
            _ => Mapping(location, tag),
        };
        _depth--;
        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor.Value] = node;
        }

        return node;
    }

    private YamlSequence Sequence(SourceLocation location, MergeTag tag)
    {
        _parser.Consume<SequenceStart>();
        var items = new List<YamlNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node());
        }

        return new YamlSequence(items, location, tag);
    }

    private YamlMapping Mapping(SourceLocation location, MergeTag tag)
    {
        _parser.Consume<MappingStart>();
        var entries = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
        var merged = new List<YamlMapping>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            ParsingEvent keyEvent = _parser.Current!;
            bool isMerge = keyEvent is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            if (Node() is not YamlScalar key)
            {
                throw Invalid(keyEvent, "a key is no string");
            }

            ParsingEvent valueEvent = _parser.Current!;
            YamlNode value = Node();
            if (isMerge)
            {
                AddMerged(merged, value, valueEvent);
            }
            else if (!entries.TryAdd(key.Text, value))
            {
                throw Invalid(keyEvent, $"the key '{JsonText.Escape(key.Text)}' is there twice");
            }
        }

        // What is written here comes before what is merged, and the first merged before the others (YAML, "Merge Key Language-Independent Type").
        foreach ((string name, YamlNode value) in merged.SelectMany(static mapping => mapping.Entries))
        {
            entries.TryAdd(name, value);
        }

        return new YamlMapping(entries, location, tag);
    }

    private void AddMerged(List<YamlMapping> merged, YamlNode value, ParsingEvent at)
    {
        foreach (YamlNode one in value is YamlSequence several ? several.Items : [value])
        {
            merged.Add(one as YamlMapping ?? throw Invalid(at, "what '<<' merges is no mapping"));
        }
    }

    private static MergeTag TagOf(NodeEvent start) => start.Tag.IsEmpty ? MergeTag.None : start.Tag.Value switch
    {
        "!reset" => MergeTag.Reset,
        "!override" => MergeTag.Override,
        _ => MergeTag.None,
    };

    private static YamlScalar ScalarOf(Scalar scalar, SourceLocation location, MergeTag tag)
    {
        string text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
        {
            return new YamlScalar(text, ScalarKind.String, location, tag);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => new YamlScalar("", ScalarKind.Null, location, tag),
            "true" or "True" or "TRUE" => new YamlScalar("true", ScalarKind.Boolean, location, tag),
            "false" or "False" or "FALSE" => new YamlScalar("false", ScalarKind.Boolean, location, tag),
            _ when NumberOf(text) is { } number => new YamlScalar(number, ScalarKind.Number, location, tag),
            _ when Date().IsMatch(text) => new YamlScalar(text, ScalarKind.Timestamp, location, tag),
            _ => new YamlScalar(text, ScalarKind.String, location, tag),
        };
    }

    // As Go writes what its YAML package reads: any base, '_' between digits, no digits that say nothing.
    private static string? NumberOf(string text)
    {
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
        {
            return null;
        }

        string plain = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer().Match(plain) is { Success: true } integer)
        {
            string sign = plain[0] == '-' ? "-" : "";
            int radix = integer.Groups["hex"].Success ? 16 : integer.Groups["octal"].Success ? 8 : integer.Groups["binary"].Success ? 2 : 10;
            string digits = integer.Groups[radix switch { 16 => "hex", 8 => "octal", 2 => "binary", _ => "decimal" }].Value;
            UInt128 value = 0;
            foreach (char digit in digits)
            {
                value = (value * (uint)radix) + (uint)Convert.ToInt32(digit.ToString(), 16);
                if (value > ulong.MaxValue)
                {
                    return JsonText.Number(double.Parse(plain, CultureInfo.InvariantCulture));
                }
            }

            return sign + value.ToString(CultureInfo.InvariantCulture);
        }

        return Float().IsMatch(plain) && double.Parse(plain, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? JsonText.Number(number) : null;
    }

    private SourceLocation LocationOf(ParsingEvent at) => new(_file, (int)at.Start.Line, (int)at.Start.Column);

    private DevcontainerException Invalid(ParsingEvent at, string reason) => new(Codes.YamlInvalid, LocationOf(at), _file, reason);

    [GeneratedRegex(@"^[-+]?(?:0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)|0[oO]?(?<octal>[0-7]+)|(?<decimal>0|[1-9][0-9]*))\z")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\z")]
    private static partial Regex Float();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9].*)?\z")]
    private static partial Regex Date();
}

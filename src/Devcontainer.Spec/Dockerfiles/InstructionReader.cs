using System.Text;
using System.Text.Json;
using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>
/// Makes instructions of logical lines (moby/buildkit <c>frontend/dockerfile/parser/{split_command,line_parsers}.go</c> and
/// <c>frontend/dockerfile/instructions/parse.go</c>). Flags are kept and not judged: an engine may know more of them than we do.
/// </summary>
internal sealed class InstructionReader(LogicalLines lines, string? file)
{
    /// <summary>The next instruction with its here-documents; null at the end of the file.</summary>
    public DockerfileInstruction? Read()
    {
        if (!lines.Read(out LogicalLine line))
        {
            return null;
        }

        var location = new SourceLocation(file, line.Line, line.Column);
        DockerfileInstruction instruction = ReadInstruction(line.Text, location);
        IReadOnlyList<Heredoc> heredocs = TakesHeredocs(instruction) && line.Text.Contains("<<", StringComparison.Ordinal)
            ? ReadHeredocs(line.Text, location)
            : [];
        instruction = instruction with { EndLine = lines.LineNumber, Heredocs = heredocs };
        return instruction switch
        {
            OnBuildInstruction onBuild => onBuild with { Trigger = onBuild.Trigger with { EndLine = lines.LineNumber, Heredocs = heredocs } },
            _ => instruction,
        };
    }

    /// <summary>Reads the expression of an ONBUILD trigger that an image brings, as a file of its own.</summary>
    public static DockerfileInstruction? ReadTrigger(string expression, SourceLocation location)
    {
        DockerfileInstruction? instruction = new InstructionReader(new LogicalLines(expression, null), null).Read();
        return instruction is null ? null : instruction with { Location = location };
    }

    private static bool TakesHeredocs(DockerfileInstruction instruction) => instruction switch
    {
        OnBuildInstruction onBuild => TakesHeredocs(onBuild.Trigger),
        RunInstruction run => !run.IsJson,
        // A JSON form with << in it has words that start with [ and names no here-document.
        CopyInstruction => true,
        _ => false,
    };

    private DockerfileInstruction ReadInstruction(string text, SourceLocation location)
    {
        ReadOnlySpan<char> line = text.AsSpan().Trim();
        int end = line.IndexOfAny(" \t\v\f\r");
        string keyword = (end < 0 ? line : line[..end]).ToString().ToUpperInvariant();
        string rest = end < 0 ? string.Empty : line[end..].TrimStart(" \t\v\f\r").ToString();
        int used = ReadFlags(rest, out List<InstructionFlag> flags);
        string arguments = rest[used..].Trim();

        return keyword switch
        {
            "FROM" => From(),
            "ARG" => Arg(),
            "ENV" => new EnvInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags,
                Variables = NameValues(),
            },
            "COPY" or "ADD" => Copy(),
            "RUN" => Run(),
            "USER" => new UserInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags,
                User = ExactlyOne(),
            },
            "WORKDIR" or "STOPSIGNAL" or "MAINTAINER" => Plain([ExactlyOne()]),
            "ONBUILD" => OnBuild(),
            "LABEL" => LabelInstruction(),
            "EXPOSE" => Plain(AtLeastOne(SplitWhite(arguments))),
            "VOLUME" => Plain(AtLeastOne(Json() ?? SplitWhite(arguments))),
            "CMD" or "ENTRYPOINT" or "HEALTHCHECK" => Plain(Json() ?? [arguments]),
            "SHELL" => Plain(Json() is { Count: > 0 } shell ? shell : throw Invalid("SHELL needs a JSON array of strings")),
            _ => throw new DevcontainerException(Codes.DockerfileUnknownInstruction, location, keyword),
        };

        DevcontainerException Invalid(string reason) =>
            new(Codes.DockerfileInvalidInstruction, location, reason);

        PlainInstruction Plain(IReadOnlyList<string> list) => new()
        {
            Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags, Arguments = list,
        };

        string ExactlyOne() => arguments.Length > 0 ? arguments : throw Invalid($"{keyword} needs an argument");

        List<string> AtLeastOne(List<string> list) => list.Count > 0 ? list : throw Invalid($"{keyword} needs at least one argument");

        PlainInstruction LabelInstruction()
        {
            NameValues();
            return Plain([arguments]);
        }

        FromInstruction From()
        {
            List<string> words = SplitWhite(arguments);
            string? name = null;
            if (words.Count == 3 && words[1].Equals("as", StringComparison.OrdinalIgnoreCase))
            {
                name = words[2].ToLowerInvariant();
                if (!IsStageName(name))
                {
                    throw Invalid($"'{words[2]}' cannot name a stage: a name begins with a letter, and has letters, digits, '-', '_' and '.'");
                }
            }
            else if (words.Count != 1)
            {
                throw Invalid("FROM has the form 'FROM image' or 'FROM image AS name'");
            }

            return new FromInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags, BaseName = words[0], StageName = name,
            };
        }

        ArgInstruction Arg()
        {
            var declarations = new List<ArgumentDeclaration>();
            foreach (string word in AtLeastOne(SplitWords(arguments)))
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                declarations.Add(equals switch
                {
                    0 => throw Invalid("ARG needs a name before '='"),
                    < 0 => new ArgumentDeclaration(word, null),
                    _ => new ArgumentDeclaration(word[..equals], word[(equals + 1)..]),
                });
            }

            return new ArgInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags, Declarations = declarations,
            };
        }

        CopyInstruction Copy()
        {
            List<string> words = Json() ?? SplitWhite(arguments);
            if (words.Count < 2)
            {
                throw Invalid($"{keyword} needs at least one source and a destination");
            }

            if (ParseHeredoc(words[^1]) is not null)
            {
                throw Invalid($"{keyword} cannot have a here-document as destination");
            }

            var sources = new List<string>(words.Count - 1);
            for (int i = 0; i < words.Count - 1; i++)
            {
                if (ParseHeredoc(words[i]) is null)
                {
                    sources.Add(words[i]);
                }
            }

            return new CopyInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags, Sources = sources, Destination = words[^1],
            };
        }

        RunInstruction Run()
        {
            var mounts = new List<MountFlag>();
            foreach (InstructionFlag flag in flags)
            {
                if (flag.Name != "mount")
                {
                    continue;
                }

                MountFlag mount = MountFlag.Parse(flag.Value ?? string.Empty) ?? throw Invalid("the quotes of a --mount do not match");
                if (mount.From is { } from && from.IndexOf('$', StringComparison.Ordinal) is >= 0 and var dollar && dollar != from.Length - 1)
                {
                    throw Invalid("the 'from' of a --mount cannot hold a variable; name a stage 'FROM … AS name' and mount from that");
                }

                mounts.Add(mount);
            }

            List<string>? json = Json();
            return new RunInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags,
                Command = json ?? [arguments], IsJson = json is not null, Mounts = mounts,
            };
        }

        OnBuildInstruction OnBuild()
        {
            if (arguments.Length == 0)
            {
                throw Invalid("ONBUILD needs an instruction");
            }

            DockerfileInstruction trigger = ReadInstruction(arguments, location);
            if (trigger.Keyword is "ONBUILD" or "FROM" or "MAINTAINER")
            {
                throw Invalid($"ONBUILD cannot trigger {trigger.Keyword}");
            }

            return new OnBuildInstruction
            {
                Keyword = keyword, Location = location, EndLine = location.Line, Flags = flags, Trigger = trigger,
            };
        }

        List<NameValue> NameValues()
        {
            List<string> words = AtLeastOne(SplitWords(arguments));
            if (!words[0].Contains('=', StringComparison.Ordinal))
            {
                // The old form: everything after the name is the value.
                int space = arguments.AsSpan().IndexOfAny(" \t\v\f\r");
                return space < 0
                    ? throw Invalid($"{keyword} needs a name and a value")
                    : [new NameValue(arguments[..space], arguments[space..].TrimStart([' ', '\t', '\v', '\f', '\r']))];
            }

            var pairs = new List<NameValue>(words.Count);
            foreach (string word in words)
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                {
                    throw Invalid(equals < 0 ? $"'{word}' is not of the form name=value" : $"{keyword} needs a name before '='");
                }

                pairs.Add(new NameValue(word[..equals], word[(equals + 1)..]));
            }

            return pairs;
        }

        // A JSON array begins with a bracket; without one nothing of System.Text.Json need be loaded.
        List<string>? Json() => arguments.StartsWith('[') ? JsonStrings() : null;

        List<string>? JsonStrings()
        {
            try
            {
                return ReadJsonArray(arguments);
            }
            catch (JsonException exception)
            {
                throw Invalid(exception.Message);
            }
        }
    }

    /// <summary>Reads <c>--name[=value]</c> words; returns where the arguments begin.</summary>
    private int ReadFlags(string text, out List<InstructionFlag> flags)
    {
        flags = [];
        int position = 0;
        while (true)
        {
            while (position < text.Length && char.IsWhiteSpace(text[position]))
            {
                position++;
            }

            if (!text.AsSpan(position).StartsWith("--", StringComparison.Ordinal))
            {
                return position;
            }

            string word = ReadFlagWord(text, ref position);
            if (word == "--")
            {
                return position;
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            flags.Add(equals < 0 ? new InstructionFlag(word[2..], null) : new InstructionFlag(word[2..equals], word[(equals + 1)..]));
        }
    }

    private string ReadFlagWord(string text, ref int position)
    {
        var word = new StringBuilder();
        char quote = '\0';
        for (; position < text.Length; position++)
        {
            char c = text[position];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                break;
            }

            if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (c != lines.Escape)
            {
                word.Append(c);
            }
            else if (position + 1 < text.Length)
            {
                word.Append(text[++position]);
            }
        }

        return word.ToString();
    }

    /// <summary>Words split at white space outside quotes; quotes and escapes stay in them.</summary>
    private List<string> SplitWords(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (word.Length > 0)
                {
                    words.Add(word.ToString());
                    word.Clear();
                }

                continue;
            }

            if (c == lines.Escape && quote != '\'')
            {
                // An escape at the very end is dropped.
                if (i + 1 < text.Length)
                {
                    word.Append(c).Append(text[++i]);
                }

                continue;
            }

            if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
            }
            else if (c == quote)
            {
                quote = '\0';
            }

            word.Append(c);
        }

        if (word.Length > 0)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    private static List<string> SplitWhite(string text) =>
        [.. text.Split([' ', '\t', '\v', '\f', '\r'], StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Reads the JSON form; null where it is none. An array of anything but strings is an error, as in BuildKit.</summary>
    private static List<string>? ReadJsonArray(string text)
    {
        var strings = new List<string>();
        bool onlyStrings = true;
        try
        {
            using var json = JsonDocument.Parse(text);
            foreach (JsonElement element in json.RootElement.EnumerateArray())
            {
                if (element.ValueKind == JsonValueKind.String)
                {
                    strings.Add(element.GetString()!);
                }
                else
                {
                    onlyStrings = false;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }

        return onlyStrings ? strings : throw new JsonException("the JSON form is an array of strings only");
    }

    private List<Heredoc> ReadHeredocs(string text, SourceLocation location)
    {
        List<string> words;
        try
        {
            words = WordExpander.Split(
                text, '\\', static _ => null, ExpansionModes.RawQuotes | ExpansionModes.RawEscapes | ExpansionModes.KeepUnset);
        }
        catch (ExpansionException)
        {
            // Not words of a shell as far as can be told: BuildKit takes it that there are no here-documents.
            return [];
        }

        var heredocs = new List<Heredoc>();
        foreach (string word in words)
        {
            if (ParseHeredoc(word) is not { } heredoc)
            {
                continue;
            }

            var content = new StringBuilder();
            bool terminated = false;
            while (!terminated && lines.ReadRaw(out ReadOnlySpan<char> raw))
            {
                ReadOnlySpan<char> candidate = raw.TrimEnd("\r\n");
                candidate = heredoc.Chomp ? candidate.TrimStart('\t') : candidate;
                terminated = candidate.SequenceEqual(heredoc.Name);
                if (!terminated)
                {
                    content.Append(raw);
                }
            }

            if (!terminated)
            {
                throw new DevcontainerException(Codes.DockerfileHeredocUnterminated, location, heredoc.Name);
            }

            heredocs.Add(heredoc with { Content = content.ToString() });
        }

        return heredocs;
    }

    /// <summary>Reads <c>[fd]&lt;&lt;[-]delimiter</c>; null where the word is something else.</summary>
    private static Heredoc? ParseHeredoc(string word)
    {
        int start = 0;
        while (start < word.Length && char.IsAsciiDigit(word[start]))
        {
            start++;
        }

        if (!word.AsSpan(start).StartsWith("<<", StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> rest = word.AsSpan(start + 2);
        bool chomp = rest.StartsWith('-');
        rest = (chomp ? rest[1..] : rest).TrimStart();
        if (rest.IsEmpty || rest.Contains('<'))
        {
            return null;
        }

        List<string> plain, quoted;
        try
        {
            plain = WordExpander.Split(rest.ToString(), '\\', static _ => null, ExpansionModes.KeepUnset);
            quoted = WordExpander.Split(rest.ToString(), '\\', static _ => null, ExpansionModes.KeepUnset | ExpansionModes.RawQuotes);
        }
        catch (ExpansionException)
        {
            return null;
        }

        return plain.Count == 1 && quoted.Count == 1 ? new Heredoc(plain[0], string.Empty, plain[0].Length == quoted[0].Length, chomp) : null;
    }

    private static bool IsStageName(string name)
    {
        if (name.Length == 0 || !char.IsAsciiLetterLower(name[0]))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}

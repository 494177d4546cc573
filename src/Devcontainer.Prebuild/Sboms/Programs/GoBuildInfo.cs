using System.Text;

namespace Devcontainer.Prebuild.Sboms.Programs;

/// <summary>
/// The modules that a Go program is made of, as the linker writes them into it (Go, src/debug/buildinfo and src/runtime/debug/mod.go). Programs of Go 1.18 and
/// later: older ones have them behind pointers.
/// </summary>
internal static class GoBuildInfo
{
    /// <summary>The most bytes of it. Programs of a thousand modules have about a hundred thousand.</summary>
    internal const int Longest = 2 * 1024 * 1024;

    // Behind the magic: word size, flags, and room.
    private const int HeaderLength = 32;
    private const int FlagsOffset = 15;
    private const byte InlineFlag = 2;

    // Around the modules, so that they are found in memory.
    private const int GuardLength = 16;

    /// <summary>What it begins with.</summary>
    internal static readonly byte[] Magic = [0xFF, .. " Go buildinf:"u8];

    /// <summary>Reads it.</summary>
    /// <param name="content">What begins with the magic.</param>
    /// <returns>The packages; null where this is something else that begins so, such as a program that looks for it.</returns>
    internal static IReadOnlyList<ImagePackage>? Read(ReadOnlySpan<byte> content)
    {
        if (content.Length < HeaderLength || (content[FlagsOffset] & InlineFlag) == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = content[HeaderLength..];
        if (Text(ref rest) is not { } version || !version.StartsWith("go", StringComparison.Ordinal) || Text(ref rest) is not { } modules)
        {
            return null;
        }

        // Of "go1.24.4 X:nosynchashtriemap" the first word.
        var packages = new List<ImagePackage> { Create("stdlib", "v" + version[2..].Split(' ')[0]) };
        if (modules.Length > 2 * GuardLength)
        {
            packages.AddRange(ReadModules(modules[GuardLength..^GuardLength]));
        }

        return packages;
    }

    private static List<ImagePackage> ReadModules(string text)
    {
        var packages = new List<ImagePackage>();
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split('\t');
            switch (fields[0])
            {
                case "mod" or "dep" when fields.Length >= 3 && fields[1].Length > 0:
                    packages.Add(Create(fields[1], fields[2]));
                    break;

                // What was built in place of the one before: another module, or a folder, which has no address and no version.
                case "=>" when fields.Length >= 3 && packages.Count > 0 && fields[1].Length > 0:
                    packages[^1] = fields[1][0] is '.' or '/' ? Create(packages[^1].Name, "") : Create(fields[1], fields[2]);
                    break;
            }
        }

        return packages;
    }

    private static ImagePackage Create(string path, string version)
    {
        // What is built in its own work tree has no version.
        string? known = version is "" or "(devel)" ? null : version;
        int slash = path.LastIndexOf('/');
        return new ImagePackage
        {
            Name = path,
            Version = known,

            // The type's namespaces and names are in lower case (purl-spec, types/golang-definition.json).
            Purl = PackageUrl.Create("golang", slash < 0 ? null : path[..slash].ToLowerInvariant(), path[(slash + 1)..].ToLowerInvariant(), known),
        };
    }

    // A length as a varint of seven bits a byte, and bytes; the guards around modules are no text, but as long in characters as in bytes.
    private static string? Text(ref ReadOnlySpan<byte> rest)
    {
        ulong length = 0;
        for (int i = 0; i < Math.Min(5, rest.Length); i++)
        {
            length |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                if (length > (ulong)(rest.Length - i - 1))
                {
                    return null;
                }

                string text = Encoding.Latin1.GetString(rest.Slice(i + 1, (int)length));
                rest = rest[(i + 1 + (int)length)..];
                return text;
            }
        }

        return null;
    }
}

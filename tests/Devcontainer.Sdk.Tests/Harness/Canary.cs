using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Devcontainer.Sdk.Tests.Harness;

/// <summary>Secrets that are planted, and looked for wherever they may have come: as they are, and in the spellings in which they travel.</summary>
internal sealed class Canary
{
    private readonly List<(string Name, byte[] Bytes)> _spellings = [];

    /// <summary>A new secret.</summary>
    /// <param name="name">What it is, for messages.</param>
    internal string New(string name)
    {
        string value = "canary" + Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
        Add(name, value);
        return value;
    }

    /// <summary>One more text that may be found nowhere.</summary>
    internal void Add(string name, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        _spellings.Add((name, bytes));
        _spellings.Add((name + " in UTF-16", Encoding.Unicode.GetBytes(value)));
        _spellings.Add((name + " in base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes).TrimEnd('='))));
        _spellings.Add((name + " in hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes))));
    }

    /// <summary>What of it is in a content.</summary>
    internal IEnumerable<string> In(byte[] content)
    {
        foreach ((string name, byte[] bytes) in _spellings)
        {
            if (content.AsSpan().IndexOf(bytes) >= 0)
            {
                yield return name;
            }
        }
    }

    /// <summary>What of it is in the files of a folder and their names; in compressed ones once they are unpacked.</summary>
    internal IEnumerable<string> In(string folder, Func<string, bool>? leaveOut = null)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            if (leaveOut?.Invoke(file) != true)
            {
                byte[] content = [.. Encoding.UTF8.GetBytes(file), .. new FileInfo(file).LinkTarget is null ? File.ReadAllBytes(file) : []];
                foreach (string name in In(content).Concat(Unpack(file) is { } unpacked ? In(unpacked) : []))
                {
                    yield return $"{name}: {file}";
                }
            }
        }
    }

    /// <summary>The content of a gzip file, such as a layer or a binary log; null of another file.</summary>
    internal static byte[]? Unpack(string file)
    {
        if (new FileInfo(file).LinkTarget is not null)
        {
            return null;
        }

        using FileStream stream = File.OpenRead(file);
        if (stream.ReadByte() != 0x1F || stream.ReadByte() != 0x8B)
        {
            return null;
        }

        stream.Position = 0;
        using var content = new MemoryStream();
        using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
        unpacked.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>Looks at the arguments of every process of the machine, again and again until it is cancelled. Linux.</summary>
    internal async Task<IReadOnlySet<string>> WatchArgumentsAsync(CancellationToken cancellationToken)
    {
        var found = new HashSet<string>();
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (byte[] arguments in ProcessTree.Read("cmdline"))
            {
                found.UnionWith(In(arguments));
            }

            await Task.Delay(5, CancellationToken.None);
        }

        return found;
    }
}

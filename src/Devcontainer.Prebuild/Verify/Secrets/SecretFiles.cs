using System.Buffers;
using System.Text;
using Devcontainer.Oci;

namespace Devcontainer.Prebuild.Verify.Secrets;

/// <summary>Reads the text files of a layer for secrets, in constant memory.</summary>
internal static class SecretFiles
{
    // What people write is short. Longer files of that kind are data, in which names of secrets are words like others.
    private const int LongestSettings = 1024 * 1024;
    private const int Piece = 1024 * 1024;

    // A piece begins with what could be the beginning of a secret at the end of the one before.
    private const int Overlap = 2 * SecretRules.Reach;
    private const int Head = 8 * 1024;

    /// <summary>What the system's and the languages' package managers install: any words stand there, but no secrets of who builds the image.</summary>
    private static readonly string[] Packaged =
    [
        "/node_modules/", "/site-packages/", "/dist-packages/", "/.nuget/packages/", "/go/pkg/mod/", "/.cargo/registry/", "/.m2/repository/", "/gems/",
        "/.vscode-server/", "/.rustup/",
    ];

    private static readonly string[] PackagedRoots = ["usr/", "lib/", "lib64/", "var/lib/dpkg/", "var/lib/apt/", "var/cache/"];
    private static readonly string[] Unread = ["usr/share/doc/", "usr/share/man/", "usr/share/info/", "usr/share/locale/", "proc/", "sys/"];

    /// <summary>Folders of packages that have made-up secrets, which their own tests and readers use.</summary>
    private static readonly string[] MadeUp = ["/test", "/spec/", "/fixture", "/__test", "/example", "/sample", "/doc/", "/docs/", "/demo"];

    private static readonly HashSet<string> SettingsEndings = new(StringComparer.OrdinalIgnoreCase)
    {
        ".json", ".yml", ".yaml", ".toml", ".ini", ".conf", ".cfg", ".config", ".properties", ".env", ".sh", ".bash", ".zsh", ".ps1", ".xml", ".txt", ".props",
        ".targets", ".list", ".sources", ".npmrc", ".netrc", ".pypirc", ".git-credentials", ".bashrc", ".profile", ".zshrc", ".bash_history", ".gitconfig", "",
    };

    /// <summary>What a file has that looks like a secret.</summary>
    internal static IReadOnlyList<SecretHit> Read(LayerEntry entry)
    {
        string path = "/" + entry.Path;
        bool isPackaged = Array.Exists(PackagedRoots, root => entry.Path.StartsWith(root, StringComparison.Ordinal))
            || Array.Exists(Packaged, part => path.Contains(part, StringComparison.Ordinal));
        // A server's own keys are what the gate of the server looks at.
        if (entry.Size == 0
            || entry.Path.StartsWith("etc/ssh/ssh_host_", StringComparison.Ordinal)
            || Array.Exists(Unread, root => entry.Path.StartsWith(root, StringComparison.Ordinal))
            || (isPackaged && Array.Exists(MadeUp, part => path.Contains(part, StringComparison.OrdinalIgnoreCase))))
        {
            return [];
        }

        bool isSettings = !isPackaged && entry.Size <= LongestSettings && SettingsEndings.Contains(EndingOf(path));
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Piece);
        char[] text = ArrayPool<char>.Shared.Rent(Piece + Overlap);
        try
        {
            return Read(entry, isSettings, bytes.AsSpan(0, Piece), text);
        }
        finally
        {
            // They may hold a secret.
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
            ArrayPool<char>.Shared.Return(text, clearArray: true);
        }
    }

    private static List<SecretHit> Read(LayerEntry entry, bool isSettings, Span<byte> bytes, char[] text)
    {
        var hits = new List<SecretHit>();
        int kept = 0;
        int line = 1;
        for (int read; (read = entry.Content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)) > 0;)
        {
            if (kept == 0 && bytes[..Math.Min(read, Head)].Contains((byte)0))
            {
                return hits;
            }

            // Secrets are ASCII; the other bytes only have to keep their places.
            Encoding.Latin1.GetChars(bytes[..read], text.AsSpan(kept));
            ReadOnlySpan<char> piece = text.AsSpan(0, kept + read);
            bool isLast = read < bytes.Length;
            int end = isLast ? piece.Length : piece.Length - Overlap;
            bool isNetrc = entry.Path.EndsWith(".netrc", StringComparison.Ordinal);
            FindingSeverity severity = isNetrc || entry.Path.EndsWith(".git-credentials", StringComparison.Ordinal) ? FindingSeverity.High : FindingSeverity.Medium;
            IReadOnlyList<FoundSecret> found = isSettings ? SecretScanner.FindInSettings(piece, severity, isNetrc) : SecretScanner.Find(piece);
            foreach (FoundSecret secret in found.Where(secret => secret.Start < end).OrderBy(static secret => secret.Start))
            {
                hits.Add(new SecretHit(
                    secret.Rule, secret.Severity, SecretText.Mask(piece.Slice(secret.Start, secret.Length)), line + piece[..secret.Start].Count('\n')));
            }

            if (isLast)
            {
                break;
            }

            line += piece[..end].Count('\n');
            kept = piece.Length - end;
            piece[end..].CopyTo(text);
        }

        return hits;
    }

    // Of `.npmrc` all of it, of `config` nothing.
    private static string EndingOf(string path)
    {
        ReadOnlySpan<char> name = path.AsSpan(path.LastIndexOf('/') + 1);
        int dot = name.LastIndexOf('.');
        return dot < 0 ? string.Empty : name[dot..].ToString();
    }
}

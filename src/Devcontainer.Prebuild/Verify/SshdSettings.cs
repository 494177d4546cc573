using Devcontainer.Prebuild.Verify.Content;

namespace Devcontainer.Prebuild.Verify;

/// <summary>The settings of an SSH server for all users: of each the first value counts (sshd_config(5)).</summary>
internal sealed class SshdSettings
{
    /// <summary>Path of the main file.</summary>
    internal const string Main = "etc/ssh/sshd_config";

    private const string IncludedFolder = "etc/ssh/sshd_config.d/";
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads them.</summary>
    internal static SshdSettings Read(ImageView view)
    {
        var settings = new SshdSettings();
        settings.Add(view, Main, isMain: true);
        return settings;
    }

    /// <summary>A setting in lower case; null where nothing is set.</summary>
    internal string? Value(string name) => _values.GetValueOrDefault(name)?.ToLowerInvariant();

    private void Add(ImageView view, string path, bool isMain)
    {
        foreach (string line in view.Lines(path) ?? [])
        {
            string[] words = line.Split((char[])[' ', '\t', '=', '"', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0].StartsWith('#'))
            {
                continue;
            }

            if (string.Equals(words[0], "Match", StringComparison.OrdinalIgnoreCase))
            {
                // What follows is for some users or places only. An included file ends with itself.
                return;
            }

            if (isMain && string.Equals(words[0], "Include", StringComparison.OrdinalIgnoreCase))
            {
                // Distributions include this folder.
                foreach (string included in view.Files.Keys.Where(static file => file.StartsWith(IncludedFolder, StringComparison.Ordinal)
                    && file.EndsWith(".conf", StringComparison.Ordinal)))
                {
                    Add(view, included, isMain: false);
                }

                continue;
            }

            _values.TryAdd(words[0], words[1]);
        }
    }
}

using System.Text.RegularExpressions;

namespace Devcontainer.Prebuild.Reproducibility;

/// <summary>
/// What most likely mends a path that is another one in every build, by where it is: what installs of packages leave behind, and what each program that
/// writes it offers against it.
/// </summary>
internal static partial class LikelyFix
{
    private static readonly (Regex Path, string Fix)[] Rules =
    [
        (Log(), "A log has times in it: remove it in the same RUN (rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log …)."),
        (LdCache(), "The linker's auxiliary cache has inode numbers and times in it: remove it in the same RUN (rm -f /var/cache/ldconfig/aux-cache)."),
        (AptLists(), "Package lists are those of the day: remove them in the same RUN (rm -rf /var/lib/apt/lists/*)."),
        (AptCache(), "A package cache: remove it in the same RUN (apt-get clean), or give the RUN a cache mount."),
        (DpkgStatus(), "Another version of a package, or another package, was installed: name versions (apt-get install name=version)."),
        (ApkDatabase(), "Another version of a package, or another package, was installed: name versions (apk add name=version)."),
        (PythonCode(), "Python's compiled code has the time of its source: set PYTHONDONTWRITEBYTECODE=1 for the RUN, or remove __pycache__ in it."),
        (Pip(), "pip's cache: pip install --no-cache-dir, or PIP_NO_CACHE_DIR=1, or a cache mount."),
        (Npm(), "npm's cache and logs: npm cache clean --force and remove ~/.npm in the same RUN, or a cache mount."),
        (NuGet(), "NuGet's caches: dotnet nuget locals http-cache --clear in the same RUN, or a cache mount."),
        (Temporary(), "A file that was left in a folder for temporary ones: remove it in the same RUN."),
        (MachineId(), "An id of the machine: empty it in the same RUN, so that each container gets its own."),
        (HostKey(), "A host key: remove it in the same RUN, and have it made when the container starts; every container of the image would share it."),
        (Shadow(), "The day on which a password or a user was last changed: set it in the same RUN (chage --lastdate 0 name)."),
        (Archive(), "An archive has times in it: make it with gzip -n, or with tar --mtime=@$SOURCE_DATE_EPOCH --sort=name."),
    ];

    /// <summary>A sentence that says it.</summary>
    /// <param name="path">Path in the image, without leading <c>/</c>.</param>
    /// <param name="onlyTime">Whether nothing but the time of the entry differs.</param>
    internal static string Of(string path, bool onlyTime)
    {
        foreach ((Regex rule, string fix) in Rules)
        {
            if (rule.IsMatch(path))
            {
                return fix;
            }
        }

        return onlyTime
            ? "A time before 1980 or one that the instruction sets: later ones are set to SOURCE_DATE_EPOCH anyway. Set the same one each time (touch -d @$SOURCE_DATE_EPOCH)."
            : "The instruction writes something that is another each time: a time, a random value, or a download that is not pinned. Leave it out, use SOURCE_DATE_EPOCH, or pin it.";
    }

    [GeneratedRegex(@"^var/log/|\.log$")]
    private static partial Regex Log();

    [GeneratedRegex("^var/cache/ldconfig/")]
    private static partial Regex LdCache();

    [GeneratedRegex("^var/(lib/apt/lists|cache/apk)/|^etc/apk/cache/")]
    private static partial Regex AptLists();

    [GeneratedRegex("^var/cache/(apt|dnf|yum)/")]
    private static partial Regex AptCache();

    [GeneratedRegex("^var/lib/dpkg/|^var/lib/apt/extended_states$")]
    private static partial Regex DpkgStatus();

    [GeneratedRegex("^(usr/)?lib/apk/db/|^etc/apk/world$")]
    private static partial Regex ApkDatabase();

    [GeneratedRegex(@"(^|/)__pycache__/|\.pyc$")]
    private static partial Regex PythonCode();

    [GeneratedRegex(@"(^|/)\.cache/pip/")]
    private static partial Regex Pip();

    [GeneratedRegex(@"(^|/)\.npm/")]
    private static partial Regex Npm();

    [GeneratedRegex(@"(^|/)(\.nuget/|\.local/share/NuGet/)")]
    private static partial Regex NuGet();

    [GeneratedRegex("^(var/)?tmp/")]
    private static partial Regex Temporary();

    [GeneratedRegex("^(etc|var/lib/dbus)/machine-id$")]
    private static partial Regex MachineId();

    [GeneratedRegex("^etc/ssh/ssh_host_")]
    private static partial Regex HostKey();

    [GeneratedRegex("^etc/shadow-?$")]
    private static partial Regex Shadow();

    [GeneratedRegex(@"\.(gz|tgz|tar|zip|jar|whl|nupkg)$")]
    private static partial Regex Archive();
}

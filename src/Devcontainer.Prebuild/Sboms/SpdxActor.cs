namespace Devcontainer.Prebuild.Sboms;

/// <summary>Puts maintainers into SPDX's words: <c>Person: name (address)</c> or <c>Organization: name (address)</c>.</summary>
internal static class SpdxActor
{
    // SPDX wants to know which of the two it is and packages do not say. Teams are called like this, and write to lists.
    private static readonly string[] Teams =
    [
        "team", "maintainer", "developer", "contributors", " authors", "group", "project", "packagers", "task force", "strike force", "foundation", "authority",
        "corporation", " inc.", " llc", " ltd", " gmbh", "@lists.", "@list.", "ubuntu-devel-discuss@",
    ];

    /// <summary>An actor; null where there is no name.</summary>
    /// <param name="maintainer">As <c>name &lt;address&gt;</c>.</param>
    internal static string? Of(string maintainer)
    {
        int open = maintainer.LastIndexOf('<');
        string name = (open < 0 ? maintainer : maintainer[..open]).Trim().Trim('"');
        string address = open < 0 ? "" : maintainer[(open + 1)..].Trim().TrimEnd('>');
        if (name.Length == 0)
        {
            name = address;
            address = "";
        }

        if (name.Length == 0)
        {
            return null;
        }

        // The author of most of NuGet's packages that .NET itself has.
        bool isTeam = name == "Microsoft" || Array.Exists(Teams, team => maintainer.Contains(team, StringComparison.OrdinalIgnoreCase));
        return $"{(isTeam ? "Organization" : "Person")}: {name}{(address.Length > 0 ? $" ({address})" : "")}";
    }
}

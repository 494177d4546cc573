using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Devcontainer.Tasks;

/// <summary>Makes items. MSBuild takes what a task gives it as escaped, so that is what it gets.</summary>
internal static class Items
{
    /// <summary>An item with metadata. (An array: spans of pairs are compiled anew at every start.)</summary>
    internal static ITaskItem Create(string identity, params (string Name, string Value)[] metadata)
    {
        var item = new TaskItem(Escape(identity));
        foreach ((string name, string value) in metadata)
        {
            item.SetMetadata(name, Escape(value));
        }

        return item;
    }

    // '%' first: it begins every escape.
    private static string Escape(string value) => value.AsSpan().IndexOfAny("%;") < 0
        ? value
        : value.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal);
}

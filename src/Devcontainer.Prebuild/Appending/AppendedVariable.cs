namespace Devcontainer.Prebuild.Appending;

/// <summary>A variable of the image's environment that comes with appended layers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What it is set to, or gets.</param>
/// <param name="Join">How it meets a value that the environment image has.</param>
/// <param name="Separator">What divides the two.</param>
internal sealed record AppendedVariable(string Name, string Value, VariableJoin Join = VariableJoin.Replace, char Separator = ':')
{
    /// <summary>An environment with the variable: at its place where it has it already, else at the end.</summary>
    /// <param name="environment"><c>NAME=value</c> each.</param>
    internal IReadOnlyList<string> AddTo(IReadOnlyList<string> environment)
    {
        string prefix = Name + "=";
        var changed = new List<string>(environment);
        int place = changed.FindLastIndex(entry => entry.StartsWith(prefix, StringComparison.Ordinal));
        if (place < 0)
        {
            changed.Add(prefix + Value);
            return changed;
        }

        string known = changed[place][prefix.Length..];
        changed[place] = prefix + (known.Length == 0 || Join == VariableJoin.Replace ? Value
            : Array.IndexOf(known.Split(Separator), Value) >= 0 ? known
            : Join == VariableJoin.Before ? $"{Value}{Separator}{known}"
            : $"{known}{Separator}{Value}");
        return changed;
    }
}

/// <summary>How a variable meets the value that is there.</summary>
internal enum VariableJoin
{
    /// <summary>Takes its place.</summary>
    Replace,

    /// <summary>Comes before it.</summary>
    Before,

    /// <summary>Comes after it.</summary>
    After,
}

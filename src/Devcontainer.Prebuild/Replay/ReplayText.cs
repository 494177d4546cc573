using System.Globalization;

namespace Devcontainer.Prebuild.Replay;

/// <summary>A replay for people: a small table and what caused builds.</summary>
internal static class ReplayText
{
    private const int MostCauses = 10;
    private const int MostCommits = 3;

    /// <summary>The lines for the console.</summary>
    internal static IEnumerable<string> Lines(ReplayResult result)
    {
        yield return Text($"{result.Commits} commits up to {result.Head[..12]}, {result.Images} of them with a dev container that can be built ({result.Elapsed.TotalSeconds:0.0} s, {result.CommitsPerSecond:0} commits/s).");
        if (result.Images > 0)
        {
            foreach (string line in Rows(result))
            {
                yield return line;
            }
        }

        foreach (IGrouping<string, ReplayedCommit> broken in result.Misses.Where(static miss => miss.Code is not null).GroupBy(static miss => miss.Code!).OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            string from = string.Join(", ", broken.Take(MostCommits).Select(static miss => miss.Commit[..12]));
            yield return broken.Key == CommitKeys.Absent ? $"  no configuration from {from} on" : $"  {broken.Key} from {from} on";
        }
    }

    private static IEnumerable<string> Rows(ReplayResult result)
    {
        yield return Text($"  hit              {result.Hits,7}  {Part(result.Hits, result)}  the image is there");
        yield return Text($"  append           {result.Appends,7}  {Part(result.Appends, result)}  no engine: packages, or the same image under another key");
        yield return Text($"  build            {result.Builds,7}  {Part(result.Builds, result)}  with an engine");
        yield return Text($"  key over files   {result.NaiveBuilds,7}  {Part(result.NaiveBuilds, result)}  would have been built by a key over whole files");
        foreach ((string name, int count) in result.Causes.Take(MostCauses))
        {
            yield return Text($"  built for {name}: {count}");
        }
    }

    private static string Part(int count, ReplayResult result) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / result.Images,5:0.0} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

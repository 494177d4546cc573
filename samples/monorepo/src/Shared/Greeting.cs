using Humanizer;

namespace Monorepo;

public static class Greeting
{
    public static string For(int visits) => $"You are here for the {visits.ToOrdinalWords()} time.";
}

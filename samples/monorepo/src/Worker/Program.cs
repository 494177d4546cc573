using Monorepo;

Console.WriteLine(Greeting.For(1));

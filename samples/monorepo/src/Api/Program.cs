using Monorepo;

WebApplication app = WebApplication.Create(args);
int visits = 0;
app.MapGet("/", () => Greeting.For(++visits));
app.Run();

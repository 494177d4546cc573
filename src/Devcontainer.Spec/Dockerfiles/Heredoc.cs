namespace Devcontainer.Spec.Dockerfiles;

/// <summary>A here-document attached to a RUN, COPY or ADD instruction.</summary>
/// <param name="Name">The delimiter, without quotes: also the name of the file that COPY and ADD make of it.</param>
/// <param name="Content">The lines between the delimiters, with their line ends, leading tabs still there.</param>
/// <param name="Expand">Whether variables in it are expanded: the delimiter was not quoted.</param>
/// <param name="Chomp">Whether leading tabs are dropped (<c>&lt;&lt;-</c>).</param>
public sealed record Heredoc(string Name, string Content, bool Expand, bool Chomp);

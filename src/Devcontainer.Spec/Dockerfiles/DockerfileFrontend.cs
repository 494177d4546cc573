using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>The frontend image that a Dockerfile asks for in a <c>syntax</c> directive.</summary>
/// <param name="Image">The image reference, as written.</param>
/// <param name="Location">The line of the directive.</param>
/// <remarks>
/// A frontend is a program that reads the Dockerfile instead of the engine. The official stable one (<c>docker/dockerfile:1</c>, <c>1.x</c>,
/// <c>1.x.y</c>) is what engines have built in; any other could make anything of the file, so it must be allowed by name.
/// </remarks>
public sealed record DockerfileFrontend(string Image, SourceLocation Location)
{
    /// <summary>Whether the engine's built-in frontend stands for it.</summary>
    public bool IsOfficial => IsOfficialImage(Image);

    /// <summary>Refuses a frontend that is neither official nor allowed, and one chosen by the build argument <c>BUILDKIT_SYNTAX</c>.</summary>
    /// <param name="document">The Dockerfile.</param>
    /// <param name="buildArguments">The build arguments.</param>
    /// <param name="allowed">Frontend images that may be used, as they are written.</param>
    /// <exception cref="DevcontainerException">DEVC1111 or DEVC1112.</exception>
    public static void Require(DockerfileDocument document, IReadOnlyDictionary<string, string> buildArguments, IReadOnlyCollection<string> allowed)
    {
        if (document.Frontend is { IsOfficial: false } frontend && !allowed.Contains(frontend.Image))
        {
            throw new DevcontainerException(Codes.DockerfileFrontendRefused, frontend.Location, frontend.Image);
        }

        if (buildArguments.TryGetValue("BUILDKIT_SYNTAX", out string? image) && !allowed.Contains(image))
        {
            throw new DevcontainerException(Codes.DockerfileFrontendArgumentRefused, image);
        }
    }

    /// <summary>
    /// Finds the directive as BuildKit's gateway does before it parses anything: after a <c>#!</c> line, and with <c>//</c> for comments too.
    /// </summary>
    internal static DockerfileFrontend? Find(string text, string? file)
    {
        int start = text.StartsWith('\uFEFF') ? 1 : 0;
        int line = 0;
        if (text.AsSpan(start).StartsWith("#!", StringComparison.Ordinal))
        {
            int end = text.IndexOf('\n', start);
            if (end < 0)
            {
                return null;
            }

            start = end + 1;
            line = 1;
        }

        return Find(text.AsSpan(start), "#", line, file) ?? Find(text.AsSpan(start), "//", line, file);
    }

    private static DockerfileFrontend? Find(ReadOnlySpan<char> text, string comment, int line, string? file)
    {
        foreach (ReadOnlySpan<char> raw in text.EnumerateLines())
        {
            line++;
            if (!ParserDirective.TryParse(raw, comment, out string name, out string value))
            {
                return null;
            }

            if (name == ParserDirective.Syntax)
            {
                return new DockerfileFrontend(value, new SourceLocation(file, line, 1));
            }
        }

        return null;
    }

    private static bool IsOfficialImage(ReadOnlySpan<char> image)
    {
        const string registry = "docker.io/";
        if (image.StartsWith(registry, StringComparison.Ordinal))
        {
            image = image[registry.Length..];
        }

        const string repository = "docker/dockerfile";
        if (!image.StartsWith(repository, StringComparison.Ordinal))
        {
            return false;
        }

        image = image[repository.Length..];
        int at = image.IndexOf('@');
        if (at >= 0)
        {
            image = image[..at];
        }

        if (image.IsEmpty || image is ":latest")
        {
            return true;
        }

        if (image[0] != ':')
        {
            return false;
        }

        // 1, 1.x or 1.x.y: no labs, no release candidates.
        int part = 0;
        foreach (Range range in image[1..].Split('.'))
        {
            ReadOnlySpan<char> digits = image[1..][range];
            if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || (part == 0 && digits is not "1"))
            {
                return false;
            }

            part++;
        }

        return part <= 3;
    }
}

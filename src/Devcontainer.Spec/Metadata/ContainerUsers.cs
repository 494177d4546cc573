using Devcontainer.Diagnostics;

namespace Devcontainer.Spec;

/// <summary>Who runs what in the container.</summary>
/// <param name="Image">The user that the image names, <c>root</c> where it names none.</param>
/// <param name="Container">The user that the container's processes run as.</param>
/// <param name="Remote">The user that tools and lifecycle commands run as.</param>
public sealed record ContainerUsers(string Image, string Container, string Remote)
{
    /// <summary>Finds the users: the last entry that names one wins, and who is not named is who the one before is.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="metadata">All metadata of the image to be, the configuration's own entry included.</param>
    /// <param name="imageUser">The user that the image names; null or empty for none.</param>
    /// <exception cref="DevcontainerException">A user is not a name or a number.</exception>
    public static ContainerUsers Resolve(DevcontainerConfiguration configuration, ImageMetadata metadata, string? imageUser)
    {
        string image = Valid(string.IsNullOrEmpty(imageUser) ? "root" : imageUser, "The user of the image", null);
        string? service = configuration.ServiceUser is { } user && configuration.Features.Count > 0 ? Valid(user, "The user of the service", configuration.ServiceUserLocation) : configuration.ServiceUser;
        string container = Last("containerUser") ?? service ?? image;
        return new ContainerUsers(image, container, Last("remoteUser") ?? container);

        string? Last(string name)
        {
            // Only Features are told the users; without them an environment variable in a name does not reach the image.
            string? place = configuration.Features.Count > 0 ? name : null;
            JsonNode? last = MergedConfiguration.Truthy(metadata.Entries, name).LastOrDefault();
            if (last is null)
            {
                return null;
            }

            SourceLocation? location = configuration.Raw[name] is { } own ? configuration.LocationOf(own) : null;
            string text = configuration.Substitution.Replace(last, place) is JsonString { Value: string value } ? value : last.ToJson();
            return place is null && text.Contains("${", StringComparison.Ordinal) ? text : Valid(text, $"'{name}'", location);
        }
    }

    /// <summary>Names end up in scripts and in Dockerfiles: nothing that a shell could read as more than a word.</summary>
    private static string Valid(string user, string what, SourceLocation? location)
    {
        int colon = user.IndexOf(':', StringComparison.Ordinal);
        bool valid = colon < 0 ? IsName(user) : IsName(user.AsSpan(0, colon)) && IsName(user.AsSpan(colon + 1));
        return valid ? user : throw new DevcontainerException(Codes.UserNotValid, location, what, JsonText.Escape(user));
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return name.Length is > 0 and <= 256 && name[0] is not '-';
    }
}

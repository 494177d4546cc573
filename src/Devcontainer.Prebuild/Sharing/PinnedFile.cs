using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Spec;

namespace Devcontainer.Prebuild.Sharing;

/// <summary>A devcontainer.json of those who use an image: what its <c>image</c> says, and what it says when that is pinned.</summary>
public sealed class PinnedFile
{
    private readonly JsonFile _file;
    private readonly JsonString _image;

    private PinnedFile(string path, JsonFile file, JsonString image, string pinned)
    {
        Path = path;
        Image = pinned;
        _file = file;
        _image = image;
    }

    /// <summary>Absolute path of the file.</summary>
    public string Path { get; }

    /// <summary>What <c>image</c> says when it is pinned.</summary>
    public string Image { get; }

    /// <summary>What it says now.</summary>
    public string Previous => _image.Value;

    /// <summary>Whether the file is to be written: what is pinned already stays as it is, to the byte.</summary>
    public bool IsChanged => Image != Previous;

    /// <summary>Reads a file, and finds what it shall say.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="images">The image by digest, in each repository that has it.</param>
    /// <param name="anyImage">Whether an image of another repository is replaced, by the first.</param>
    /// <exception cref="DevcontainerException">DEVC8005: it uses no image; DEVC8006: it uses one of another repository; or it is not JSON.</exception>
    internal static PinnedFile Read(string path, IReadOnlyList<ImageReference> images, bool anyImage)
    {
        JsonFile file;
        try
        {
            file = JsonFile.Load(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.PinFileInvalid, new SourceLocation(path), path, "there is no such file"), e);
        }

        JsonString used = ImageOf(path, file.Root);
        if (ImageReference.TryParse(used.Value, out ImageReference? reference) && images.FirstOrDefault(image => image.Name == reference.Name) is { } same)
        {
            return new PinnedFile(path, file, used, reference.Digest == same.Digest ? used.Value : $"{NameIn(used.Value)}@{same.Digest}");
        }

        return anyImage
            ? new PinnedFile(path, file, used, images[0].Familiar)
            : throw new DevcontainerException(Codes.PinFileForeign, used.Position.In(path), path, used.ToJson(), string.Join(", ", images.Select(static image => image.Name)));
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="DevcontainerException">DEVC8005: it cannot be written; what was there is still there.</exception>
    internal void Write()
    {
        try
        {
            AtomicFile.Replace(Path, _file.With(_image, Image));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(
                Diagnostic.Create(Codes.PinFileInvalid, new SourceLocation(Path), Path, $"it cannot be written: {e.Message.TrimEnd('.')}"), e);
        }
    }

    // In the order in which the tools look for what a configuration is made of; an image beside one of the others is not used.
    private static JsonString ImageOf(string path, JsonNode root)
    {
        if (root is not JsonObject configuration)
        {
            throw Invalid(path, root, "it has no object with properties");
        }

        foreach (string other in new[] { "dockerComposeFile", "dockerFile", "build" })
        {
            if (configuration[other] is { } source and not JsonNull && (other != "build" || source is JsonObject build && build.Contains("dockerfile")))
            {
                throw Invalid(path, source, $"it is made of '{other}'");
            }
        }

        return configuration["image"] switch
        {
            JsonString image => image,
            null => throw Invalid(path, root, "it has no 'image'"),
            { } value => throw Invalid(path, value, "its 'image' is no string"),
        };
    }

    // Registry and repository as they are written, without tag and digest.
    private static string NameIn(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string name = at < 0 ? text : text[..at];
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }

    private static DevcontainerException Invalid(string path, JsonNode node, string reason) =>
        new(Codes.PinFileInvalid, node.Position.In(path), path, reason);
}

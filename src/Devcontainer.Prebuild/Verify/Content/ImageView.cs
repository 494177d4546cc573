namespace Devcontainer.Prebuild.Verify.Content;

/// <summary>The files of a platform's image that gates ask for, as a container sees them: the layers one upon the other.</summary>
internal sealed class ImageView
{
    private readonly SortedDictionary<string, (LayerFile File, int Layer)> _files = new(StringComparer.Ordinal);

    /// <summary>Puts layers one upon the other, the lowest first.</summary>
    internal ImageView(IReadOnlyList<LayerContent> layers)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            foreach (string hidden in _files.Keys.Where(layers[i].Hides).ToList())
            {
                _files.Remove(hidden);
            }

            foreach ((string path, LayerFile file) in layers[i].Files)
            {
                _files[path] = (file, i);
            }
        }
    }

    /// <summary>The files by path, in ordinal order, each with the layer that has it, counted from the lowest.</summary>
    internal IReadOnlyDictionary<string, (LayerFile File, int Layer)> Files => _files;

    /// <summary>The lines of a text file; null where it is not there.</summary>
    internal string[]? Lines(string path) => _files.TryGetValue(path, out (LayerFile File, int Layer) found) && found.File.Text is { } text
        ? System.Text.Encoding.UTF8.GetString(text).Split('\n')
        : null;
}

using Devcontainer.Oci;

/// <summary>The library's push and pull as a command, to be measured as a whole process: <c>push|pull layout reference</c>.</summary>
internal static class Transfer
{
    internal static async Task RunAsync(string direction, string path, string name)
    {
        ImageReference reference = ImageReference.Parse(name);
        using var client = new RegistryClient();
        if (direction == "push")
        {
            OciLayout layout = OciLayout.Open(path);
            Descriptor image = layout.ReadIndex().Manifests[0];
            await client.PushAsync(layout, image, reference);
            await client.PutManifestAsync(reference, layout.ReadBlob(image), image.MediaType);
        }
        else
        {
            OciLayout layout = OciLayout.Create(path);
            Descriptor image = await client.ResolveAsync(reference) ?? throw new InvalidOperationException($"There is no {name}.");
            if (!await client.PullAsync(reference, image, layout))
            {
                throw new InvalidOperationException($"{name} is not whole.");
            }

            layout.WriteIndex(new ImageIndex { Manifests = [image] });
        }
    }
}

namespace Devcontainer.Oci;
internal sealed record ManifestContent(Descriptor Descriptor, byte[] Bytes);
internal sealed class RegistryClient(IReadOnlyList<KeyValuePair<string, string>> mirrors)
{
    private static readonly HttpClient Http = new();
    internal async Task<ManifestContent?> GetManifestAsync(ImageReference r, CancellationToken ct)
    {
        r = Devcontainer.Prebuild.Inputs.Mirrors.Apply(r, mirrors);
        using var m = new HttpRequestMessage(HttpMethod.Get, $"http://{r.Registry}/v2/{r.Repository}/manifests/{(r.Digest is { } d ? d.Value : r.Tag)}");
        foreach (string t in new[] { MediaTypes.ImageIndex, MediaTypes.ImageManifest, "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json" }) { m.Headers.Accept.ParseAdd(t); }
        using var resp = await Http.SendAsync(m, ct).ConfigureAwait(false);
        if (resp.StatusCode == System.Net.HttpStatusCode.NotFound) { return null; }
        resp.EnsureSuccessStatusCode();
        byte[] b = await resp.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false);
        return new ManifestContent(Descriptor.Of(b, resp.Content.Headers.ContentType!.ToString()), b);
    }
    internal Task<byte[]> GetBlobAsync(ImageReference r, Descriptor d, CancellationToken ct)
    {
        r = Devcontainer.Prebuild.Inputs.Mirrors.Apply(r, mirrors);
        return Http.GetByteArrayAsync($"http://{r.Registry}/v2/{r.Repository}/blobs/{d.Digest.Value}", ct);
    }
}

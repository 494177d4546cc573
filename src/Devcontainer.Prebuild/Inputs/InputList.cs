using System.Text;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Inputs;

/// <summary>Every input with its digest, as receipts and plans list them.</summary>
internal static class InputList
{
    /// <summary>The list: what the build is given, then what is declared.</summary>
    internal static IReadOnlyList<ReceiptInput> Of(PrebuildInputs inputs)
    {
        var list = new List<ReceiptInput>();
        string workspace = inputs.Configuration.WorkspaceFolder;
        list.Add(new ReceiptInput(Relative(workspace, inputs.Configuration.File), "environment", "image metadata", Sha256(inputs.MetadataText)));
        if (inputs.Dockerfile is { } dockerfile)
        {
            list.Add(new ReceiptInput(Relative(workspace, inputs.Configuration.Build!.Dockerfile), "environment", "raw", Sha256(dockerfile.Text)));
        }

        foreach (BaseImageInput image in inputs.BaseImages)
        {
            list.Add(new ReceiptInput($"<image {image.Reference}>", "environment", "digest", inputs.PinOf(image.Reference)?.Hex ?? string.Empty));
        }

        if (inputs.Context is { } context)
        {
            Add(list, workspace, context);
        }

        foreach (FeatureInput feature in inputs.Features)
        {
            Add(list, workspace, feature.Content);
        }

        foreach (DeclaredInputDigest declared in inputs.Declared)
        {
            list.Add(new ReceiptInput(declared.Path, declared.Tier, declared.Projection, declared.Sha256, declared.RawSha256));
        }

        return list;
    }

    private static void Add(List<ReceiptInput> list, string workspace, FileTree tree)
    {
        string prefix = Relative(workspace, tree.Root);
        foreach ((string path, string sha256) in tree.Files())
        {
            list.Add(new ReceiptInput(prefix == "." ? path : $"{prefix}/{path}", "environment", "raw", sha256));
        }
    }

    private static string Relative(string workspace, string path) => Path.GetRelativePath(workspace, path).Replace('\\', '/');

    private static string Sha256(string text) => Digest.Sha256(Encoding.UTF8.GetBytes(text)).Hex;
}

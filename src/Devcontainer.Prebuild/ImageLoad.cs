using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Oci;
using Devcontainer.Prebuild.Engine;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Receipts;
using Devcontainer.Prebuild.Sharing;

namespace Devcontainer.Prebuild;

/// <summary>
/// Loads the image into the local engine: the layout as a tar stream into <c>docker load</c>, its index named by the image's tags. With the containerd
/// image store the engine keeps the index's digest and all platforms.
/// </summary>
public sealed class ImageLoad
{
    private readonly IProcessRunner _processes;
    private readonly IBuildReporter _reporter;

    /// <summary>Loads through the real docker command.</summary>
    public ImageLoad(IBuildReporter reporter)
        : this(new ProcessRunner(), reporter)
    {
    }

    internal ImageLoad(IProcessRunner processes, IBuildReporter reporter)
    {
        _processes = processes;
        _reporter = reporter;
    }

    /// <summary>Loads the image of the last prebuild.</summary>
    /// <param name="outputPath">Absolute path of the output folder.</param>
    /// <param name="lockTimeout">How long to wait for a build that writes there.</param>
    /// <param name="settings">How registries are reached, for layers that are still there; PATH entries in the workspace are passed over when looking for
    /// docker.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DevcontainerException">DEVC4001, DEVC4020, DEVC4021, DEVC5043.</exception>
    public async Task RunAsync(string outputPath, TimeSpan lockTimeout, RegistrySettings settings, CancellationToken cancellationToken)
    {
        if (ReceiptFile.TryRead(outputPath) is null)
        {
            throw new DevcontainerException(Codes.NothingToLoad, outputPath);
        }

        string command = DockerLocator.Find(settings.Environment, settings.WorkspaceFolder);
        Receipt receipt = await new ImagePublish(_processes, _reporter).CompleteLayoutAsync(outputPath, lockTimeout, settings, cancellationToken).ConfigureAwait(false);
        OciLayout layout = OciLayout.Open(Path.Combine(outputPath, "image"));
        var root = new Descriptor(MediaTypes.ImageIndex, Digest.Parse(receipt.Image.Digest), receipt.Image.Size);
        string[] names = [.. receipt.Image.Tags.DefaultIfEmpty("latest").Select(tag => ImageReference.Parse($"{receipt.Image.Name}:{tag}").ToString())];
        var docker = new DockerCommand(_processes, command, outputPath, settings.Environment);
        var answer = new StringBuilder();
        int exitCode = await docker.RunAsync(
            ["load"],
            (stream, token) => LayoutArchive.WriteAsync(layout, root, names, stream, token),
            line => answer.AppendLine(line),
            line => answer.AppendLine(line),
            cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            throw new DevcontainerException(Codes.LoadFailed, new CommandOutput(exitCode, string.Empty, answer.ToString().Trim()).Reason);
        }

        foreach (string name in names)
        {
            _reporter.Status($"Loaded {ImageReference.Parse(name).Familiar} ({receipt.Image.Digest})");
        }
    }
}

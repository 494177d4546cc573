using System.Globalization;
using System.Text;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Processes;

namespace Devcontainer.Prebuild.Replay;

/// <summary>Reads blobs of a repository from one git that runs as long as this (git <c>Documentation/git-cat-file.adoc</c>, "Batch output").</summary>
internal sealed class GitBlobs : IAsyncDisposable
{
    private readonly TaskCompletionSource<Stream> _input = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<BufferedStream> _output = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, DevcontainerException> _unreadable;
    private readonly Task<ProcessResult> _process;
    private readonly CancellationToken _cancellationToken;

    internal GitBlobs(IProcessRunner processes, ProcessRequest request, Func<string, DevcontainerException> unreadable, CancellationToken cancellationToken)
    {
        _unreadable = unreadable;
        _cancellationToken = cancellationToken;
        _process = processes.RunAsync(
            request with
            {
                Input = (stream, token) => Hold(_input, stream, token),
                ReadOutput = async (stream, token) =>
                {
                    await using var buffered = new BufferedStream(stream, 64 * 1024);
                    await Hold(_output, buffered, token).ConfigureAwait(false);
                },
            },
            cancellationToken);
    }

    /// <summary>The content of a blob.</summary>
    /// <exception cref="DevcontainerException">DEVC3080: it is not there, or git has ended.</exception>
    internal async Task<byte[]> ReadAsync(string id)
    {
        await Task.WhenAny(_process, Task.WhenAll(_input.Task, _output.Task)).ConfigureAwait(false);
        if (_process.IsCompleted)
        {
            await _process.ConfigureAwait(false);
            throw _unreadable("git cat-file has ended");
        }

        Stream input = await _input.Task.ConfigureAwait(false);
        BufferedStream output = await _output.Task.ConfigureAwait(false);
        try
        {
            await input.WriteAsync(Encoding.ASCII.GetBytes(id + "\n"), _cancellationToken).ConfigureAwait(false);
            await input.FlushAsync(_cancellationToken).ConfigureAwait(false);
            string[] head = ReadLine(output).Split(' ');
            if (head is not [_, "blob", var size])
            {
                throw _unreadable($"object {id} is {(head.Length > 1 ? head[1] : "not told")}");
            }

            byte[] content = new byte[int.Parse(size, CultureInfo.InvariantCulture)];
            await output.ReadExactlyAsync(content, _cancellationToken).ConfigureAwait(false);
            output.ReadByte();
            return content;
        }
        catch (IOException e)
        {
            throw new DevcontainerException(_unreadable("git cat-file has ended").Diagnostic, e);
        }
    }

    /// <summary>Ends git.</summary>
    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        try
        {
            await _process.ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            // Whoever reads has been told.
        }
    }

    private static string ReadLine(BufferedStream stream)
    {
        var line = new StringBuilder();
        while (stream.ReadByte() is >= 0 and not '\n' and var next)
        {
            line.Append((char)next);
        }

        return line.ToString();
    }

    private async Task Hold<T>(TaskCompletionSource<T> taken, T stream, CancellationToken cancellationToken)
    {
        taken.TrySetResult(stream);
        await _end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}

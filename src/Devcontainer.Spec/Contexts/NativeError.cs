using System.Runtime.InteropServices;

namespace Devcontainer.Spec.Contexts;

/// <summary>What a system call of Linux failed with, as the base class library would say it.</summary>
internal static class NativeError
{
    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int AccessDenied = 13;
    private const int NotADirectory = 20;

    /// <summary>EINTR.</summary>
    public const int Interrupted = 4;

    /// <summary>EAGAIN.</summary>
    public const int TryAgain = 11;

    /// <summary>The error of the call just made.</summary>
    public static int Last() => Marshal.GetLastSystemError();

    /// <summary>Whether there is no such path.</summary>
    public static bool IsMissing(int error) => error is NoEntry or NotADirectory;

    /// <summary>The exception for an error.</summary>
    public static Exception Exception(int error, string path)
    {
        string message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'";
        return error switch
        {
            NoEntry or NotADirectory => new FileNotFoundException(message, path),
            AccessDenied or NotPermitted => new UnauthorizedAccessException(message),
            _ => new IOException(message, error),
        };
    }
}

namespace Devcontainer.Prebuild.Verify.Scanners;

/// <summary>A vulnerability scanner: how its command is called, and what its answer says.</summary>
internal interface IScanner
{
    /// <summary>The name of its gate.</summary>
    string Name { get; }

    /// <summary>Its program, which is looked for on PATH.</summary>
    string Program { get; }

    /// <summary>How to get it, for those who have it not.</summary>
    string Home { get; }

    /// <summary>The arguments that scan an image.</summary>
    /// <param name="image">The platform's image by its digest, where the scanner has to go for it.</param>
    /// <param name="platform">As <c>linux/arm64</c>.</param>
    /// <param name="answer">Absolute path of the file that the answer may go to, where it does not go to standard output.</param>
    IReadOnlyList<string> Arguments(string image, string platform, string answer);

    /// <summary>Variables that it is given besides, for a registry that is asked over plain HTTP.</summary>
    IReadOnlyList<KeyValuePair<string, string>> PlainHttp { get; }

    /// <summary>The arguments that tell how old its data is; null where the answer has that, or nothing has.</summary>
    IReadOnlyList<string>? DataArguments => null;

    /// <summary>Whether it has scanned, by its exit code.</summary>
    bool HasScanned(int exitCode);

    /// <summary>Reads an answer.</summary>
    /// <exception cref="FormatException">It is none of a scan; so say <see cref="System.Text.Json.JsonException"/>, <see cref="KeyNotFoundException"/> and
    /// <see cref="InvalidOperationException"/>.</exception>
    ScannerAnswer Read(ReadOnlyMemory<byte> json);

    /// <summary>Reads when its data was made, from what <see cref="DataArguments"/> bring.</summary>
    /// <exception cref="FormatException">As <see cref="Read"/>.</exception>
    DateTimeOffset? ReadData(ReadOnlyMemory<byte> json) => null;
}

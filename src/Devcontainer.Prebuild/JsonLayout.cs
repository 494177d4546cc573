using System.Text.Encodings.Web;
using System.Text.Json;

namespace Devcontainer.Prebuild;

/// <summary>How the files that people read are laid out.</summary>
internal static class JsonLayout
{
    /// <summary>Two spaces, line feeds on every platform, and no escapes that only HTML needs.</summary>
    internal static readonly JsonWriterOptions Indented = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

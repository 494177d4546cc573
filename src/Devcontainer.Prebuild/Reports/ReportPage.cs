using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Devcontainer.Diagnostics;
using Devcontainer.Prebuild.Build;
using Devcontainer.Prebuild.Receipts;

namespace Devcontainer.Prebuild.Reports;

/// <summary>
/// <c>report.html</c>: one page about an image that needs nothing but itself. The same files give the same page. Everything in it that comes from somewhere else is
/// text to <see cref="XmlWriter"/>, which knows no other way to write it; the page's own script and styles are named by their digests, so that a browser runs no other.
/// </summary>
public static class ReportPage
{
    /// <summary>The file's name in the output folder.</summary>
    internal const string FileName = "report.html";

    // Of a bar; SVG scales it.
    private const int BarWidth = 1000;

    // More of one nobody reads here; the Dockerfile has it all.
    private const int MostOfInstruction = 200;

    /// <summary>Writes the page about the image of an output folder.</summary>
    /// <param name="outputPath">Absolute path of the folder.</param>
    /// <returns>Absolute path of the page.</returns>
    /// <exception cref="DevcontainerException">DEVC4021: there is no image; DEVC6006: an SBOM cannot be read; DEVC9003: the folder cannot be written.</exception>
    public static string Write(string outputPath)
    {
        OutputFile.Write(outputPath, FileName, ToBytes(ReportData.Read(outputPath)));
        return Path.Combine(outputPath, FileName);
    }

    /// <summary>The page's bytes.</summary>
    internal static byte[] ToBytes(ReportData data)
    {
        string style = Resource("report.css");
        string script = Resource("report.js");
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { OmitXmlDeclaration = true, Encoding = new UTF8Encoding(false), NewLineChars = "\n", NewLineHandling = NewLineHandling.None }))
        {
            writer.WriteDocType("html", null, null, null);
            writer.WriteStartElement("html");
            writer.WriteAttributeString("lang", "en");
            writer.WriteStartElement("head");
            Empty(writer, "meta", ("charset", "utf-8"));
            Empty(writer, "meta", ("http-equiv", "Content-Security-Policy"), ("content", $"default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'"));
            Empty(writer, "meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
            Element(writer, "title", $"Dev container {data.Receipt.Image.Name}");
            Raw(writer, "style", style);
            writer.WriteEndElement();
            writer.WriteStartElement("body");
            WriteHeader(writer, data);
            writer.WriteStartElement("main");
            WriteChanges(writer, data);
            WriteFindings(writer, data);
            WriteSteps(writer, data);
            WriteImages(writer, data);
            WriteSources(writer, data);
            WritePackages(writer, data);
            writer.WriteEndElement();
            writer.WriteStartElement("footer");
            Element(writer, "p", $"{Tool.Name} {Tool.Version}. Key {data.Receipt.IndexKey}.");
            writer.WriteEndElement();
            Raw(writer, "script", script);
            writer.WriteEndElement();
            writer.WriteEndElement();
        }

        return stream.ToArray();
    }

    private static void WriteHeader(XmlWriter writer, ReportData data)
    {
        Receipt receipt = data.Receipt;
        BuildStep[] steps = [.. receipt.Steps.Where(static step => step.CountsForCache)];
        writer.WriteStartElement("header");
        Element(writer, "h1", receipt.Image.Name);
        Code(writer, "p", receipt.Image.Digest);
        writer.WriteStartElement("p");
        foreach (string tag in receipt.Image.Tags)
        {
            Element(writer, "span", tag, "chip");
        }

        writer.WriteEndElement();
        writer.WriteStartElement("dl");
        writer.WriteAttributeString("class", "facts");
        Fact("Image", data.Source switch { "built" => "built", "appended" => "layers put on", "registry" => "found by its key", _ => "here" });
        Fact("Took", data.Seconds is { } seconds ? Seconds(seconds) : Seconds(receipt.Seconds));
        if (data.SavedSeconds is { } saved)
        {
            Fact("Saved", Seconds(saved));
        }

        if (steps.Length > 0)
        {
            Fact("Steps from cache", Text($"{steps.Count(static step => step.Cached)} of {steps.Length}"));
        }

        Fact("Size", string.Join(" / ", receipt.Platforms.Select(static platform => Megabytes(platform.Size))));
        if (data.Packages.Count > 0)
        {
            Fact("Packages", Text($"{data.Packages.Count}"));
        }

        if (data.Findings is { } findings)
        {
            int errors = findings.Count(static finding => finding is { IsError: true, IsWaived: false });
            Fact("Verified", errors == 0 ? "passes" : "does not pass", errors == 0 ? "good" : "bad");
        }

        writer.WriteEndElement();
        Element(writer, "p", Text($"Made {receipt.Built.UtcDateTime:yyyy-MM-dd HH:mm} UTC by the builder {receipt.Builder}."), "soft");
        writer.WriteEndElement();

        void Fact(string name, string value, string? look = null)
        {
            writer.WriteStartElement("div");
            Element(writer, "dt", name);
            Element(writer, "dd", value, look);
            writer.WriteEndElement();
        }
    }

    private static void WriteChanges(XmlWriter writer, ReportData data)
    {
        if (data.Changes.Count > 0)
        {
            Section(writer, "What changed since the image before", () => List(writer, data.Changes));
        }
    }

    private static void WriteFindings(XmlWriter writer, ReportData data)
    {
        if (data.Findings is not { } findings)
        {
            return;
        }

        Section(writer, "What verifying found", () =>
        {
            if (findings.Count == 0)
            {
                Element(writer, "p", "Nothing.", "good");
                return;
            }

            Table(writer, null, ["Severity", "Rule", "What and where"], findings, finding =>
            {
                Element(writer, "td", finding.IsWaived ? "waived" : finding.Severity, "tight " + (finding.IsWaived ? "soft" : finding.IsError ? "bad" : "warn"));
                Element(writer, "td", finding.Rule);
                writer.WriteStartElement("td");
                Element(writer, "div", finding.Message);
                if (finding.Place.Length > 0)
                {
                    Code(writer, "div", finding.Place);
                }

                writer.WriteEndElement();
            });
        });
    }

    private static void WriteSteps(XmlWriter writer, ReportData data)
    {
        BuildStep[] steps = [.. data.Receipt.Steps];
        if (steps.Length == 0)
        {
            return;
        }

        Section(writer, "Steps", () =>
        {
            foreach (IGrouping<string, BuildStep> platform in steps.GroupBy(static step => step.Platform).OrderBy(static group => group.Key, StringComparer.Ordinal))
            {
                Element(writer, "h3", platform.Key);
                double whole = Math.Max(platform.Sum(static step => step.Seconds), 0.001);
                double start = 0;
                Table(writer, null, ["Instruction", "", "Seconds"], platform, step =>
                {
                    Element(writer, "td", step.Name);
                    Bar(writer, start / whole, step.Seconds / whole, step.Cached ? "hit" : "run");
                    Element(writer, "td", step.Cached ? "cached" : Text($"{step.Seconds:0.0}"), "number");
                    start += step.Seconds;
                }, static step => step.Cached ? "cached" : null);
            }
        });
    }

    private static void WriteImages(XmlWriter writer, ReportData data) => Section(writer, "Layers", () =>
    {
        foreach (ReceiptPlatform platform in data.Receipt.Platforms)
        {
            Element(writer, "h3", $"{platform.Platform}, {Megabytes(platform.Size)}");
            Code(writer, "p", platform.Digest);
            if (data.Layers.TryGetValue(platform.Platform, out IReadOnlyList<ReportLayer>? layers))
            {
                double largest = Math.Max(layers.Max(static layer => layer.Size), 1);
                Table(writer, null, ["Made by", "", "Size"], layers, layer =>
                {
                    writer.WriteStartElement("td");
                    Code(writer, "div", layer.MadeBy.Length > 0 ? Instruction(layer.MadeBy) : layer.Digest);
                    writer.WriteEndElement();
                    Bar(writer, 0, layer.Size / largest, "run");
                    Element(writer, "td", Megabytes(layer.Size), "number");
                });
            }
        }
    });

    private static void WriteSources(XmlWriter writer, ReportData data) => Section(writer, "Made of", () =>
    {
        Table(writer, null, ["Base image or Feature", "Version", "Digest"], Sources(data.Receipt), source =>
        {
            Element(writer, "td", source.Name);
            Element(writer, "td", source.Version);
            Code(writer, "td", source.Digest);
        });
    });

    private static IEnumerable<(string Name, string Version, string Digest)> Sources(Receipt receipt) =>
    [
        .. receipt.Bases.GroupBy(static image => (image.Reference, image.Digest)).Select(static group => (group.Key.Reference, string.Join(", ", group.Select(static image => image.Platform)), group.Key.Digest)),
        .. receipt.Features.Select(static feature => (feature.Id, feature.Version, feature.Digest)),
    ];

    private static void WritePackages(XmlWriter writer, ReportData data)
    {
        if (data.Packages.Count == 0)
        {
            return;
        }

        Section(writer, "Packages", () =>
        {
            writer.WriteStartElement("p");
            foreach (IGrouping<string, ReportPackage> type in data.Packages.GroupBy(static package => package.Type))
            {
                Element(writer, "span", Text($"{type.Key} {type.Count()}"), "chip");
            }

            writer.WriteEndElement();
            writer.WriteStartElement("details");
            Element(writer, "summary", Text($"All {data.Packages.Count}"));
            writer.WriteStartElement("div");
            writer.WriteAttributeString("hidden", "hidden");
            writer.WriteStartElement("label");
            writer.WriteString("Show those with ");
            Empty(writer, "input", ("type", "search"), ("data-filters", "packages"), ("aria-describedby", "packages-said"));
            writer.WriteEndElement();
            writer.WriteString(" ");
            writer.WriteStartElement("span");
            writer.WriteAttributeString("id", "packages-said");
            writer.WriteAttributeString("role", "status");
            writer.WriteFullEndElement();
            writer.WriteEndElement();
            int platforms = data.Receipt.Platforms.Count;
            Table(writer, "packages", ["Package", "Version", "Kind", "Platforms"], data.Packages, package =>
            {
                Element(writer, "td", package.Name);
                Element(writer, "td", package.Version);
                Element(writer, "td", package.Type);
                Element(writer, "td", package.Platforms.Count == platforms ? "all" : string.Join(", ", package.Platforms), "wide");
            });
            writer.WriteEndElement();
        });
    }

    private static void Section(XmlWriter writer, string title, Action content)
    {
        writer.WriteStartElement("section");
        Element(writer, "h2", title);
        content();
        writer.WriteEndElement();
    }

    private static void List(XmlWriter writer, IEnumerable<string> items)
    {
        writer.WriteStartElement("ul");
        foreach (string item in items)
        {
            Element(writer, "li", item);
        }

        writer.WriteFullEndElement();
    }

    private static void Table<T>(XmlWriter writer, string? id, IReadOnlyList<string> titles, IEnumerable<T> rows, Action<T> cells, Func<T, string?>? look = null)
    {
        writer.WriteStartElement("table");
        if (id is not null)
        {
            writer.WriteAttributeString("id", id);
        }

        writer.WriteStartElement("thead");
        writer.WriteStartElement("tr");
        foreach (string title in titles)
        {
            string? kind = title is "Seconds" or "Size" ? "number" : title == "Platforms" ? "wide" : null;
            Element(writer, title.Length == 0 ? "td" : "th", title, kind);
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteStartElement("tbody");
        foreach (T row in rows)
        {
            writer.WriteStartElement("tr");
            if (look?.Invoke(row) is { } name)
            {
                writer.WriteAttributeString("class", name);
            }

            cells(row);
            writer.WriteEndElement();
        }

        writer.WriteFullEndElement();
        writer.WriteEndElement();
    }

    private static void Bar(XmlWriter writer, double start, double length, string look)
    {
        writer.WriteStartElement("td");
        writer.WriteAttributeString("class", "bar");
        writer.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        writer.WriteAttributeString("viewBox", Text($"0 0 {BarWidth} 10"));
        writer.WriteAttributeString("preserveAspectRatio", "none");
        writer.WriteAttributeString("aria-hidden", "true");
        writer.WriteStartElement("rect");
        writer.WriteAttributeString("class", look);
        writer.WriteAttributeString("x", Text($"{start * BarWidth:0.#}"));
        writer.WriteAttributeString("width", Text($"{Math.Max(length * BarWidth, 4):0.#}"));
        writer.WriteAttributeString("height", "10");
        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private static void Code(XmlWriter writer, string owner, string text)
    {
        writer.WriteStartElement(owner);
        Element(writer, "code", text);
        writer.WriteEndElement();
    }

    private static void Element(XmlWriter writer, string name, string text, string? look = null)
    {
        writer.WriteStartElement(name);
        if (look is not null)
        {
            writer.WriteAttributeString("class", look);
        }

        // What no document may have, and a browser would show as nothing.
        writer.WriteString(string.Concat(text.EnumerateRunes().Select(static rune => Rune.IsControl(rune) || rune.Value is 0xFFFE or 0xFFFF ? " " : rune.ToString())));
        writer.WriteFullEndElement();
    }

    private static void Empty(XmlWriter writer, string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        writer.WriteStartElement(name);
        foreach ((string attribute, string value) in attributes)
        {
            writer.WriteAttributeString(attribute, value);
        }

        writer.WriteEndElement();
    }

    private static void Raw(XmlWriter writer, string name, string content)
    {
        writer.WriteStartElement(name);
        writer.WriteRaw(content);
        writer.WriteFullEndElement();
    }

    // Without the arguments and the shell that the engine wrote into it.
    private static string Instruction(string made)
    {
        const string shell = "/bin/sh -c ";
        int at = made.IndexOf(shell, StringComparison.Ordinal);
        string text = (at < 0 ? made : "RUN " + made[(at + shell.Length)..]).Replace("# buildkit", "", StringComparison.Ordinal).Trim();
        return text.Length > MostOfInstruction ? text[..MostOfInstruction] + "…" : text;
    }

    private static string Hash(string content) => "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ReportPage).Assembly.GetManifestResourceStream($"Devcontainer.Prebuild.Reports.{name}")!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static string Seconds(double seconds) => seconds >= 120 ? Text($"{Math.Floor(seconds / 60):0} min {seconds % 60:0} s") : Text($"{seconds:0.0} s");

    private static string Megabytes(long bytes) => Text($"{bytes / 1e6:0.0} MB");
}

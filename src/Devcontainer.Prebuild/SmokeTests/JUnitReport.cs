using System.Globalization;
using System.Text;
using System.Xml;
using Devcontainer.Diagnostics;

namespace Devcontainer.Prebuild.SmokeTests;

/// <summary>
/// What tests came to, in the form that CI systems read (JUnit's XML, as described at github.com/testmoapp/junitxml): a suite for each platform.
/// </summary>
internal static class JUnitReport
{
    /// <summary>The folder of it in the output folder.</summary>
    internal const string FolderName = "verify";

    private const string FileName = "tests.junit.xml";

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="DevcontainerException">DEVC9003: the folder cannot be written.</exception>
    internal static void Write(SmokeTestReport report, string outputPath)
    {
        string folder = Path.Combine(outputPath, FolderName);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DevcontainerException(Diagnostic.Create(Codes.OutputNotWritable, null, folder, e.Message), e);
        }

        OutputFile.Write(folder, FileName, ToBytes(report));
    }

    /// <summary>The file's bytes.</summary>
    internal static byte[] ToBytes(SmokeTestReport report)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false), NewLineChars = "\n" }))
        {
            writer.WriteStartElement("testsuites");
            WriteCounts(writer, report.Results);
            foreach (IGrouping<string, SmokeTestResult> platform in report.Results.GroupBy(static result => result.Platform))
            {
                writer.WriteStartElement("testsuite");
                writer.WriteAttributeString("name", platform.Key);
                WriteCounts(writer, [.. platform]);
                writer.WriteStartElement("properties");
                writer.WriteStartElement("property");
                writer.WriteAttributeString("name", "image");
                writer.WriteAttributeString("value", report.Image);
                writer.WriteEndElement();
                writer.WriteEndElement();
                foreach (SmokeTestResult result in platform)
                {
                    Write(writer, result);
                }

                writer.WriteEndElement();
            }

            writer.WriteEndElement();
        }

        return stream.ToArray();
    }

    private static void Write(XmlWriter writer, SmokeTestResult result)
    {
        writer.WriteStartElement("testcase");
        writer.WriteAttributeString("name", Text(result.Test));
        writer.WriteAttributeString("classname", result.Platform);
        writer.WriteAttributeString("time", Seconds(result.Duration));
        if (result.Outcome == SmokeTestOutcome.Skipped)
        {
            writer.WriteStartElement("skipped");
            writer.WriteAttributeString("message", Text(result.Reason));
            writer.WriteEndElement();
        }
        else if (result.Outcome == SmokeTestOutcome.Failed)
        {
            writer.WriteStartElement("failure");
            writer.WriteAttributeString("message", Text(result.Reason));
            writer.WriteAttributeString("type", result.Error.Code);
            writer.WriteEndElement();
        }

        IEnumerable<string> output = result.Outcome == SmokeTestOutcome.Passed && result.Reason.Length > 0 ? result.Output.Prepend(result.Reason) : result.Output;
        if (output.Any())
        {
            writer.WriteElementString("system-out", Text(string.Join('\n', output)));
        }

        writer.WriteEndElement();
    }

    private static void WriteCounts(XmlWriter writer, IReadOnlyList<SmokeTestResult> results)
    {
        writer.WriteAttributeString("tests", Number(results.Count));
        writer.WriteAttributeString("failures", Number(results.Count(static result => result.Outcome == SmokeTestOutcome.Failed)));
        writer.WriteAttributeString("skipped", Number(results.Count(static result => result.Outcome == SmokeTestOutcome.Skipped)));
        writer.WriteAttributeString("time", Seconds(TimeSpan.FromTicks(results.Sum(static result => result.Duration.Ticks))));
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan duration) => duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    // XML has no control characters, however they are written, and no half of a pair.
    private static string Text(string text) => string.Concat(text.EnumerateRunes().Select(static rune =>
        rune.Value is '\n' or '\t' || (rune.Value >= ' ' && rune.Value is not (0x7F or 0xFFFE or 0xFFFF)) ? rune.ToString() : "?"));
}

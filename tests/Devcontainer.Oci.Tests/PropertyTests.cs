using System.Text;
using Devcontainer.Diagnostics;
using FsCheck;
using FsCheck.Fluent;

namespace Devcontainer.Oci.Tests;

[TestClass]
public sealed class PropertyTests
{
    private static readonly Gen<string> Name =
        Gen.Elements("a", "b", "A", "é", "日", "x.y", "-", " ", "a\nb", "\\", "\u0001", new string('n', 99), new string('ä', 60));

    private static readonly Gen<string> Path =
        Name.ArrayOf().Where(parts => parts.Length is > 0 and < 8).Select(parts => string.Join('/', parts));

    private static readonly Gen<TarEntry> Entry =
        from path in Path
        from mode in Gen.Choose(0, 0xFFF)
        from content in Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf()
        from kind in Gen.Choose(0, 2)
        from target in Path
        select kind switch
        {
            0 => TarEntry.Directory(path, mode),
            1 => TarEntry.SymbolicLink(path, target),
            _ => TarEntry.File(path, mode, content),
        };

    // Sets in which no entry is below another that is no directory.
    private static readonly Arbitrary<TarEntry[]> Entries = Entry.ArrayOf()
        .Select(all => all.DistinctBy(e => e.Path).ToArray())
        .Select(all => all.Where(e => !all.Any(o => o.Kind != EntryKind.Directory && e.Path.StartsWith(o.Path + "/", StringComparison.Ordinal))).ToArray())
        .ToArbitrary();

    [TestMethod]
    public void What_is_written_is_read_whatever_the_order_it_was_given_in() =>
        Prop.ForAll(Entries, entries =>
        {
            byte[] archive = CanonicalTarTests.Write(entries);
            var random = new Random(entries.Length);
            TarEntry[] shuffled = [.. entries];
            random.Shuffle(shuffled);
            if (!archive.AsSpan().SequenceEqual(CanonicalTarTests.Write(shuffled)))
            {
                return false;
            }

            var read = new Dictionary<string, (LayerEntry Entry, byte[] Content)>(StringComparer.Ordinal);
            using LayerReader reader = LayerReader.Open(new MemoryStream(archive), "test");
            while (reader.ReadNext() is { } entry)
            {
                var content = new MemoryStream();
                entry.Content.CopyTo(content);
                read.Add(entry.Path, (entry, content.ToArray()));
            }

            return entries.All(e => read.TryGetValue(e.Path, out (LayerEntry Entry, byte[] Content) r) && r.Entry.Kind == e.Kind && r.Entry.Mode == e.Mode
                    && r.Entry.LinkTarget == e.LinkTarget && r.Content.AsSpan().SequenceEqual(ContentOf(e)))
                && read.Values.Where(r => !entries.Any(e => e.Path == r.Entry.Path)).All(r => r.Entry is { Kind: EntryKind.Directory, Mode: TarEntry.ExecutableMode });
        }).QuickCheckThrowOnFailure();

    [TestMethod]
    public void A_damaged_archive_gives_entries_or_a_coded_error_and_never_anything_else() =>
        Prop.ForAll(Entries, entries =>
        {
            byte[] archive = CanonicalTarTests.Write(entries);
            var random = new Random(archive.Length);
            for (int i = 0; i < 20; i++)
            {
                byte[] damaged = [.. archive];
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                try
                {
                    using LayerReader reader = LayerReader.Open(new MemoryStream(damaged, 0, random.Next(damaged.Length + 1)), "test");
                    while (reader.ReadNext() is { } entry)
                    {
                        entry.Content.CopyTo(Stream.Null);
                    }
                }
                catch (DevcontainerException)
                {
                    // As it should be.
                }
            }
        }).QuickCheckThrowOnFailure();

    [TestMethod]
    public void Damaged_JSON_gives_content_that_can_be_written_or_a_coded_error_and_never_anything_else()
    {
        byte[][] samples =
        [
            new ImageManifest
            {
                Config = Descriptor.EmptyJson with { Annotations = new Dictionary<string, string> { ["a"] = "b\\\"é" } }, Layers = [Descriptor.EmptyJson],
                Subject = Descriptor.EmptyJson, ArtifactType = "a/b",
            }.ToBytes(),
            new ImageIndex { Manifests = [Descriptor.EmptyJson with { Platform = Platform.Host }] }.ToBytes(),
            Encoding.UTF8.GetBytes("""{"architecture":"amd64","os":"linux","config":{"Env":["A=\ud83d\ude00"],"X":{"\u0041":[1e400,null]}},"rootfs":{"diff_ids":[]},"history":[{"created":"x","e":1}]}"""),
        ];
        byte[] breakers = [.. "{}[]\",:\\ud0-9e."u8, 0xFF, 0];
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            byte[] damaged = [.. samples[random.Next(samples.Length)]];
            for (int flips = random.Next(1, 5); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] = breakers[random.Next(breakers.Length)];
            }

            foreach (Func<byte[]> parse in new Func<byte[]>[]
            {
                () => ImageManifest.Parse(damaged).ToBytes(), () => ImageIndex.Parse(damaged).ToBytes(), () => ImageConfig.Parse(damaged).ToBytes(),
            })
            {
                try
                {
                    parse();
                }
                catch (DevcontainerException)
                {
                    // As it should be.
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static byte[] ContentOf(TarEntry entry)
    {
        if (entry.Open is null)
        {
            return [];
        }

        var content = new MemoryStream();
        using Stream stream = entry.Open();
        stream.CopyTo(content);
        return content.ToArray();
    }
}

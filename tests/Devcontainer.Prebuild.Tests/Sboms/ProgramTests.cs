using System.Buffers.Binary;
using System.Collections;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Devcontainer.Prebuild.Processes;
using Devcontainer.Prebuild.Sboms;
using Devcontainer.Prebuild.Sboms.Programs;

namespace Devcontainer.Prebuild.Tests.Sboms;

/// <summary>Programs that say what they are made of.</summary>
[TestClass]
public sealed partial class ProgramTests
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    private const string Modules =
        "path\tgithub.com/me/tool/cmd/tool\nmod\tgithub.com/me/tool\t(devel)\t\ndep\tgithub.com/BurntSushi/toml\tv1.2.3\th1:x=\ndep\texample.com/old/v2\tv2.0.0+incompatible\th1:y=\n=>\texample.com/new\tv3.0.0\th1:z=\n" +
        "dep\texample.com/here\tv1.0.0\n=>\t./here\t(devel)\t\nbuild\t-compiler=gc\nbuild\tCGO_ENABLED=0\n";

    private static readonly string[] GoPurls =
    [
        "pkg:golang/example.com/here", "pkg:golang/example.com/new@v3.0.0", "pkg:golang/github.com/burntsushi/toml@v1.2.3", "pkg:golang/github.com/me/tool", "pkg:golang/stdlib@v1.24.4",
    ];

    private static readonly string[] RustPurls = ["pkg:cargo/adler@1.0.2", "pkg:cargo/tool@0.1.0"];

    /// <summary>Debian's programs are built without modules, and still with Go's library.</summary>
    [TestMethod]
    public async Task A_real_program_has_the_library_that_it_was_built_with()
    {
        string? program = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "crane")).FirstOrDefault(File.Exists);
        if (program is null)
        {
            Assert.Inconclusive("There is no crane on PATH: run eng/engine.sh up, and eval \"$(eng/engine.sh env)\".");
        }

        byte[] content = await File.ReadAllBytesAsync(program);
        using var image = new TestImage(new TestLayer().Program("usr/bin/crane", Executable, content));
        string[] purl = SbomReader.Purls((await image.GenerateAsync()).Json).Single().Split("@v");
        Assert.AreEqual("pkg:golang/stdlib", purl[0]);
        Assert.Contains("go" + purl[1], Encoding.Latin1.GetString(content));
    }

    /// <summary>The modules stand in a program as lines, which a search finds without knowing where.</summary>
    [TestMethod]
    public async Task A_real_program_has_the_modules_that_stand_in_it()
    {
        if (Environment.GetEnvironmentVariable("DEVCONTAINER_TEST_ALL") != "1")
        {
            Assert.Inconclusive("It takes a program from npm: eng/test.sh --all.");
        }

        using var folder = new TemporaryFolder();
        await OutputAsync(folder.Path, "npm", "install", "--no-audit", "--no-fund", "--prefix", folder.Path, "lefthook-linux-x64@2.2.2");
        byte[] content = await File.ReadAllBytesAsync(folder["node_modules/lefthook-linux-x64/bin/lefthook"]);
        string[] expected = [.. Dependency().Matches(Encoding.Latin1.GetString(content)).Select(static match => $"{match.Groups["module"].Value} {match.Groups["version"].Value}").Distinct()];
        Assert.IsGreaterThan(50, expected.Length, "it has modules");
        using var image = new TestImage(new TestLayer().Program("usr/bin/lefthook", Executable, content));
        var found = (await PackagesAsync(image)).ToDictionary(static package => package.Name);
        foreach (string module in expected)
        {
            Assert.AreEqual(module.Split(' ')[1], found[module.Split(' ')[0]].Version, module);
        }

        Assert.HasCount(expected.Length + 2, found, "and itself, and the standard library");
    }

    [TestMethod]
    public async Task Modules_are_those_that_were_built_in()
    {
        using var image = new TestImage(new TestLayer().Program("usr/bin/tool", Executable, Go("go1.24.4 X:nosynchashtriemap", Modules)));
        CollectionAssert.AreEqual(GoPurls, SbomReader.Purls((await image.GenerateAsync()).Json));
    }

    [TestMethod]
    public async Task Crates_are_those_that_run()
    {
        const string Json = """
            {"packages":[
              {"name":"adler","version":"1.0.2","source":"registry","kind":"runtime"},
              {"name":"cc","version":"1.1.0","source":"crates.io","kind":"build"},
              {"name":"tool","version":"0.1.0","source":"local","dependencies":[0,1],"root":true}]}
            """;
        foreach ((bool is64, bool isBig) in new[] { (true, false), (true, true), (false, false), (false, true) })
        {
            using var image = new TestImage(new TestLayer().Program("usr/bin/tool", Executable, Elf(is64, isBig, (".dep-v0", Deflate(Json)))));
            CollectionAssert.AreEqual(RustPurls, SbomReader.Purls((await image.GenerateAsync()).Json), $"64 bits: {is64}, big: {isBig}");
        }
    }

    [TestMethod]
    public async Task What_a_container_does_not_see_is_not_there()
    {
        byte[] tool = Go("go1.24.4", Modules);
        foreach (TestLayer above in new[] { new TestLayer().Without("usr/bin/tool"), new TestLayer().Opaque("usr/bin"), new TestLayer().Program("usr/bin/tool", Executable, new byte[100_000]), new TestLayer().SymbolicLink("usr/bin/tool", "/nowhere") })
        {
            using var image = new TestImage(new TestLayer().Program("usr/bin/tool", Executable, tool), above);
            Assert.IsEmpty(SbomReader.Purls((await image.GenerateAsync()).Json));
        }

        using var data = new TestImage(new TestLayer().Program("usr/share/tool", (UnixFileMode)0b110_100_100, tool).Program("usr/bin/script", Executable, [.. "#!/bin/sh\n"u8, .. tool]));
        Assert.IsEmpty(SbomReader.Purls((await data.GenerateAsync()).Json), "no program");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(70 * 1024 * 1024)]
    public void A_program_is_found_out_wherever_it_says_it(int before)
    {
        byte[] info = Info("go1.24.4", Modules);
        foreach (int offset in before == 0 ? new[] { 0, 7, 8190 } : [before, (2 * GoBuildInfo.Longest) - 8, GoBuildInfo.Longest - 3, before - 1])
        {
            byte[] program = new byte[Math.Max(before, offset) + info.Length + 20_000];
            ElfFile.Magic.CopyTo(program);
            info.CopyTo(program, offset + 64);
            CollectionAssert.AreEqual(
                GoPurls, ProgramFile.Read(new MemoryStream(program), program.Length)!.Packages.Select(static package => package.Purl).Order(StringComparer.Ordinal).ToArray(), $"at {offset}");
        }
    }

    [TestMethod]
    public void What_only_looks_for_programs_says_nothing_and_what_comes_behind_it_is_found()
    {
        byte[] program = [.. ElfFile.Magic, .. new byte[20_000], .. GoBuildInfo.Magic, .. "is what to look for"u8, .. new byte[5000], .. Info("go1.24.4", Modules), .. new byte[100]];
        Assert.HasCount(5, ProgramFile.Read(new MemoryStream(program), program.Length)!.Packages);
        byte[] old = [.. ElfFile.Magic, .. new byte[20_000], .. GoBuildInfo.Magic, 8, 0, .. new byte[200]];
        Assert.IsNull(ProgramFile.Read(new MemoryStream(old), old.Length), "pointers, as of Go 1.17");
    }

    /// <summary>What a file says of itself is not believed: nothing it says makes the SBOM fail, or take long.</summary>
    [TestMethod]
    public void Damaged_programs_say_less_and_break_nothing()
    {
        var random = new Random(7);
        byte[] bomb = Deflate(new string(' ', 64 * 1024 * 1024));
        foreach (byte[] whole in new[] { Go("go1.24.4", Modules), Elf(true, false, (".dep-v0", Deflate("{}"))), Elf(false, true, (".dep-v0", Deflate("[]"))), Elf(true, false, (".dep-v0", bomb)), Elf(true, false, (".dep-v0", [1, 2, 3])) })
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] damaged = [.. whole];
                for (int j = 0; j < 1 + (i % 5); j++)
                {
                    // Mostly where it says something.
                    damaged[4 + random.Next(i % 2 == 0 ? 60 : damaged.Length - 4)] = (byte)random.Next(256);
                }

                int length = i % 3 == 0 ? 4 + random.Next(damaged.Length - 4) : damaged.Length;
                ProgramFile.Read(new MemoryStream(damaged, 0, length), length);
            }
        }
    }

    private static async Task<IReadOnlyList<ImagePackage>> PackagesAsync(TestImage image) => await SbomGenerator.ReadPackagesAsync(image.Layout, image.Layers, CancellationToken.None);

    private static async Task<string> OutputAsync(string folder, string program, params string[] arguments)
    {
        var output = new StringBuilder();
        var request = new ProcessRequest
        {
            FileName = program, Arguments = arguments, WorkingDirectory = folder, OnOutput = line => output.AppendLine(line), OnError = line => output.AppendLine(line),
            Environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(static one => (string)one.Key, static one => (string)one.Value!),
        };
        ProcessResult result = await new ProcessRunner().RunAsync(request, CancellationToken.None);
        Assert.AreEqual(0, result.ExitCode, output.ToString());
        return output.ToString();
    }

    private static byte[] Deflate(string text)
    {
        using var stream = new MemoryStream();
        using (var deflate = new ZLibStream(stream, CompressionLevel.Fastest))
        {
            deflate.Write(Encoding.UTF8.GetBytes(text));
        }

        return stream.ToArray();
    }

    private static byte[] Go(string version, string modules) => [.. Elf(true, false), .. Info(version, modules), .. new byte[1000]];

    // As cmd/link writes it: magic, word size, flags, room; then version and guarded modules, each after its length.
    private static byte[] Info(string version, string modules) =>
    [
        .. GoBuildInfo.Magic, 8, 2, .. new byte[16],
        .. Varint(version.Length), .. Encoding.UTF8.GetBytes(version),
        .. Varint(modules.Length + 32), .. Enumerable.Repeat((byte)0xE6, 16), .. Encoding.UTF8.GetBytes(modules), .. Enumerable.Repeat((byte)0xF2, 16),
    ];

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }

    /// <summary>A program of sections, padded to the size of a real one.</summary>
    private static byte[] Elf(bool is64, bool isBig, params (string Name, byte[] Content)[] sections)
    {
        (string Name, byte[] Content)[] all = [("", []), (".shstrtab", []), .. sections];
        byte[] names = Encoding.ASCII.GetBytes(string.Join('\0', all.Select(static section => section.Name)) + '\0');
        all[1].Content = names;
        using var file = new MemoryStream();
        file.Write(new byte[is64 ? 64 : 52]);
        file.Write(new byte[20_000]);
        var headers = new List<byte>();
        foreach ((string name, byte[] content) in all)
        {
            long offset = file.Position;
            file.Write(content);
            headers.AddRange(Number(4, Encoding.ASCII.GetString(names).IndexOf(name + '\0', StringComparison.Ordinal)));
            headers.AddRange(Number(4, 1));
            headers.AddRange(Word(0));
            headers.AddRange(Word(0));
            headers.AddRange(Word(offset));
            headers.AddRange(Word(content.Length));
            headers.AddRange(new byte[is64 ? 24 : 16]);
        }

        long table = file.Position;
        file.Write([.. headers]);
        file.Position = 0;
        file.Write([0x7F, .. "ELF"u8, (byte)(is64 ? 2 : 1), (byte)(isBig ? 2 : 1), 1]);
        file.Position = is64 ? 40 : 32;
        file.Write(Word(table));
        file.Position = (is64 ? 64 : 52) - 6;
        file.Write([.. Number(2, is64 ? 64 : 40), .. Number(2, all.Length), .. Number(2, 1)]);
        return file.ToArray();

        byte[] Word(long value) => Number(is64 ? 8 : 4, value);

        byte[] Number(int size, long value)
        {
            byte[] bytes = new byte[8];
            if (isBig)
            {
                BinaryPrimitives.WriteInt64BigEndian(bytes, value);
                return bytes[(8 - size)..];
            }

            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            return bytes[..size];
        }
    }

    [GeneratedRegex(@"^dep\t(?<module>[^\t\n]+)\t(?<version>v[^\t\n]+)(?:\t[^\n]*)?\n(?!=>)", RegexOptions.Multiline)]
    private static partial Regex Dependency();
}

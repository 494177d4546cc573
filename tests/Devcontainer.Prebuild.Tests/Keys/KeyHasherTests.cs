using System.Security.Cryptography;
using System.Text;
using Devcontainer.Prebuild.Keys;

namespace Devcontainer.Prebuild.Tests.Keys;

[TestClass]
public sealed class KeyHasherTests
{
    [TestMethod]
    public void Every_sequence_of_fields_has_a_key_of_its_own()
    {
        // Texts that come to the same bytes when they are put side by side, one that reads as a length, and none at all.
        string?[] texts = [null, "", "a", "aa", "\u0001\0\0\0\0\0\0\0a", "ä"];
        var sequences = new List<string?[]> { Array.Empty<string?>() };
        for (int start = 0, length = 1; length <= 4; length++)
        {
            int end = sequences.Count;
            for (; start < end; start++)
            {
                foreach (string? text in texts)
                {
                    sequences.Add([.. sequences[start], text]);
                }
            }
        }

        var keys = new HashSet<string>();
        foreach (string?[] sequence in sequences)
        {
            using var key = new KeyHasher("test");
            foreach (string? text in sequence)
            {
                key.Field(text);
            }

            Assert.IsTrue(keys.Add(key.ToKey()), string.Join('|', sequence.Select(static text => text ?? "null")));
        }
    }

    [TestMethod]
    public void Lists_of_lists_have_a_key_of_their_own()
    {
        string[][][] values = [[], [[]], [[], []], [["a"]], [["a"], []], [[], ["a"]], [["a", "a"]], [["a"], ["a"]], [["aa"]]];
        Assert.AreEqual(values.Length, values.Select(Key).Distinct().Count());

        static string Key(string[][] lists)
        {
            using var key = new KeyHasher("test");
            key.Count(lists.Length);
            foreach (string[] list in lists)
            {
                key.Count(list.Length);
                foreach (string text in list)
                {
                    key.Field(text);
                }
            }

            return key.ToKey();
        }
    }

    [TestMethod]
    public void Another_format_is_another_key()
    {
        using var one = new KeyHasher("format/1");
        using var two = new KeyHasher("format/2");
        Assert.AreNotEqual(one.ToKey(), two.ToKey());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(511)]
    [DataRow(512)]
    [DataRow(513)]
    [DataRow(100_000)]
    public void A_text_is_its_length_and_its_bytes(int length)
    {
        string text = new('x', length);
        using var key = new KeyHasher("f");
        byte[] expected = [1, 0, 0, 0, 0, 0, 0, 0, (byte)'f', .. BitConverter.GetBytes((long)length), .. Encoding.UTF8.GetBytes(text)];
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(expected)), key.Field(text).ToKey());
    }

    [TestMethod]
    public void Text_and_the_same_bytes_are_one()
    {
        using var text = new KeyHasher("f");
        using var bytes = new KeyHasher("f");
        Assert.AreEqual(text.Field("grün").ToKey(), bytes.Field(Encoding.UTF8.GetBytes("grün")).ToKey());
    }
}

using Devcontainer.Oci;
using Devcontainer.Prebuild.Pruning;
using FsCheck;
using FsCheck.Fluent;
using static Devcontainer.Prebuild.Tests.Pruning.TestRepository;

namespace Devcontainer.Prebuild.Tests.Pruning;

[TestClass]
public sealed class PrunePlanTests
{
    [TestMethod]
    public void A_tag_keeps_an_image_with_all_that_belongs_to_it_and_a_key_does_not()
    {
        PrunePlan plan = new TestRepository().AddImage("old", 100).AddImage("new", 90, "latest", "1.2").Plan();
        Assert.IsTrue(IsWhole(plan, "new"));
        Assert.IsFalse(IsWhole(plan, "old"));
        Assert.AreEqual("tagged 1.2, latest", plan.Roots[DigestOf("new")]);

        // The layer that both have stays; each of the seven manifests of the old one has one of its own.
        Assert.AreEqual(700, plan.FreedBytes);
    }

    [TestMethod]
    public void What_two_images_share_is_kept_with_the_one_that_is_kept()
    {
        TestRepository repository = new TestRepository().AddImage("old", 100).AddImage("new", 90, "latest").Add("newest", ["old.amd64"], tags: "next");
        PrunePlan plan = repository.Plan();
        foreach (string kept in new[] { "old.amd64", "old.sbom", "old.sbom.list" })
        {
            Assert.IsTrue(plan.IsKept(DigestOf(kept)), kept);
        }

        CollectionAssert.AreEquivalent(new[] { "old", "old.arm64", "old.receipt", "old.list" }.Select(DigestOf).ToArray(), plan.Deletions.ToArray());
    }

    [TestMethod]
    [DataRow("prebuild-", false)]
    [DataRow("env-", false)]
    [DataRow("other-", true)]
    public void Tags_are_keys_only_in_their_whole_form(string prefix, bool kept)
    {
        string key = Key("x", prefix);
        Assert.AreEqual(kept, new TestRepository().Add("a", tags: key).Plan().IsKept(DigestOf("a")));
        foreach (string other in new[] { key[..^1], key + "0", key[..^1] + "G", key.ToUpperInvariant() })
        {
            Assert.IsTrue(new TestRepository().Add("a", tags: other).Plan().IsKept(DigestOf("a")), other);
        }
    }

    [TestMethod]
    public void Tags_that_are_said_to_keep_nothing_do_not()
    {
        TestRepository repository = new TestRepository().AddImage("pr", 100, "pr-12").AddImage("both", 100, "sha-0123456", "main").AddImage("sha", 100, "sha-7654321");
        PrunePlan plan = repository.Plan(static policy => policy with { WeakTags = ["pr-*", "sha-*"] });
        Assert.IsFalse(IsWhole(plan, "pr"));
        Assert.IsTrue(IsWhole(plan, "both"));
        Assert.IsFalse(IsWhole(plan, "sha"));
        Assert.IsTrue(IsWhole(repository.Plan(static policy => policy with { WeakTags = ["PR-*", "sha"] }), "pr"));
    }

    [TestMethod]
    public void The_last_ones_and_the_young_ones_are_kept()
    {
        TestRepository repository = new TestRepository().AddImage("a", 5).AddImage("b", 10).AddImage("c", 20).AddImage("d", 40).AddImage("e", 50, "stable");
        CollectionAssert.AreEqual(
            new[] { true, true, false, false, true }, Kept(repository.Plan(static policy => policy with { KeepLast = 2 })));
        CollectionAssert.AreEqual(
            new[] { true, true, true, false, true }, Kept(repository.Plan(static policy => policy with { KeepFor = TimeSpan.FromDays(20) })));
        CollectionAssert.AreEqual(
            new[] { true, true, true, true, true }, Kept(repository.Plan(static policy => policy with { KeepLast = 4, KeepFor = TimeSpan.FromDays(1) })));

        static bool[] Kept(PrunePlan plan) => [.. new[] { "a", "b", "c", "d", "e" }.Select(image => IsWhole(plan, image))];
    }

    [TestMethod]
    public void An_image_is_as_young_as_its_newest_receipt_and_not_as_a_signature()
    {
        TestRepository repository = new TestRepository().AddImage("a", 50).AddImage("b", 50)
            .Add("again", subject: "a", daysOld: 1, type: "application/vnd.devcontainer-sdk.receipt.v1+json")
            .Add("signature", subject: "b", daysOld: 1, type: "application/vnd.example.signature");
        PrunePlan plan = repository.Plan(static policy => policy with { KeepLast = 1 });
        Assert.IsTrue(IsWhole(plan, "a"));
        Assert.IsFalse(IsWhole(plan, "b"));
        Assert.IsFalse(plan.IsKept(DigestOf("signature")));
    }

    /// <summary>A matrix job has pushed its platform, and the index is still to come.</summary>
    [TestMethod]
    public void What_nobody_knows_the_age_of_is_kept_as_long_as_young_images_are()
    {
        TestRepository repository = new TestRepository().Add("platform", tags: Key("platform")).Add("sbom", subject: "platform");
        Assert.IsEmpty(repository.Plan(static policy => policy with { KeepFor = TimeSpan.FromDays(1) }).Deletions);
        Assert.HasCount(2, repository.Plan().Deletions);
    }

    [TestMethod]
    public void What_is_named_is_kept()
    {
        TestRepository repository = new TestRepository().AddImage("a", 50).AddImage("b", 50);
        PrunePlan plan = repository.Plan(static policy => policy with { Named = new Dictionary<Digest, string> { [DigestOf("a")] = "devcontainer.json", [DigestOf("elsewhere")] = "x" } });
        Assert.IsTrue(IsWhole(plan, "a"));
        Assert.IsFalse(IsWhole(plan, "b"));
        Assert.AreEqual("named by devcontainer.json", plan.Roots[DigestOf("a")]);

        // A platform by itself, with what is said of it.
        plan = repository.Plan(static policy => policy with { Named = new Dictionary<Digest, string> { [DigestOf("a.amd64")] = "x" } });
        CollectionAssert.AreEquivalent(new[] { "a", "a.arm64", "a.receipt", "a.list" }.Select(DigestOf).ToArray(), plan.Deletions.Where(static d => !new[] { "b", "b.amd64", "b.arm64", "b.sbom", "b.sbom.list", "b.receipt", "b.list" }.Select(DigestOf).Contains(d)).ToArray());
    }

    [TestMethod]
    public void What_nobody_knows_is_kept_with_whatever_it_names()
    {
        PrunePlan plan = new TestRepository().AddImage("a", 50).Add("strange", ["a"], known: false, tags: Key("strange")).Plan();
        Assert.IsTrue(IsWhole(plan, "a"));
        Assert.Contains("nobody knows", plan.Roots[DigestOf("strange")]);
    }

    [TestMethod]
    public void Attestations_signatures_and_what_is_said_of_them_go_and_stay_with_the_image()
    {
        foreach (bool tagged in new[] { false, true })
        {
            TestRepository repository = new TestRepository()
                .Add("amd64", tags: Key("amd64"))
                .Add("attestation", subject: "amd64", type: "application/vnd.docker.attestation.manifest.v1+json")
                .Add("attestation.list", ["attestation"], tags: Fallback("amd64"))
                .Add("index", ["amd64", "attestation"], tags: [Key("index"), .. tagged ? new[] { "latest" } : []])
                .Add("signature", tags: Fallback("index", ".sig"))
                .Add("sbom", subject: "index")
                .Add("signature.of.sbom", subject: "sbom");
            Assert.HasCount(tagged ? 0 : 7, repository.Plan().Deletions);
        }
    }

    [TestMethod]
    public void A_list_of_what_is_said_of_nothing_is_deleted_and_a_signature_of_what_is_elsewhere_is_kept()
    {
        TestRepository repository = new TestRepository()
            .Add("sbom", subject: "gone").Add("list", ["sbom"], tags: Fallback("gone"))
            .Add("signature", tags: Fallback("elsewhere", ".sig"))
            .Add("other", tags: Fallback("elsewhere", ".other"));
        CollectionAssert.AreEqual(new[] { "sbom", "list" }, repository.Deleted(null, "sbom", "list", "signature", "other"));
    }

    /// <summary>Tools that copy by digest give an image its digest as a tag.</summary>
    [TestMethod]
    public void An_image_under_a_name_like_a_fallback_tags_is_kept_by_it()
    {
        PrunePlan plan = new TestRepository().AddImage("a", 50).Tag("a", Fallback("source")).AddImage("b", 50).Tag("b.arm64", Fallback("b.arm64")).Plan();
        Assert.IsTrue(IsWhole(plan, "a"));
        Assert.IsTrue(plan.IsKept(DigestOf("b.arm64")));
        Assert.IsFalse(plan.IsKept(DigestOf("b")));
    }

    [TestMethod]
    public void An_index_that_two_subjects_list_is_kept_with_one_of_them()
    {
        TestRepository repository = new TestRepository().AddImage("a", 50).AddImage("b", 50, "latest")
            .Add("empty", [], tags: [Fallback("a", ".att"), Fallback("b", ".att")]);
        Assert.IsTrue(repository.Plan().IsKept(DigestOf("empty")));
    }

    [TestMethod]
    public void The_order_is_index_manifests_what_is_said_of_them_and_the_list_of_that_image_by_image()
    {
        TestRepository repository = new TestRepository().AddImage("new", 40).AddImage("old", 50);
        string[] names = [.. new[] { "old", "new" }.SelectMany(static name => new[] { name, $"{name}.amd64", $"{name}.sbom", $"{name}.sbom.list", $"{name}.arm64", $"{name}.receipt", $"{name}.list" })];
        CollectionAssert.AreEqual(names, repository.Deleted(null, names));
    }

    [TestMethod]
    public void Subjects_in_a_circle_have_an_order_too()
    {
        // An index about a manifest that it names itself.
        TestRepository repository = new TestRepository().Add("a").Add("b", ["a"], subject: "a");
        CollectionAssert.AreEqual(new[] { "b", "a" }, repository.Deleted(null, "a", "b"));
    }

    /// <summary>Whatever the repository: what is reachable from something kept for itself is kept, everything else is deleted, and no index outlives what
    /// it names.</summary>
    [TestMethod]
    public void In_any_repository_just_what_is_needed_is_kept() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        var random = new Random(seed);
        int count = random.Next(1, 16);
        var repository = new TestRepository();
        for (int i = 0; i < count; i++)
        {
            // Digests allow no circles: a manifest names earlier ones, or some that are not there; it may be about any.
            string[]? children = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, random.Next(4)).Select(_ => Name(random.Next(-1, i)))];
            repository.Add(
                Name(i), children, subject: random.Next(3) == 0 ? Name(random.Next(-2, i)) : null, daysOld: random.Next(2) == 0 ? random.Next(100) : null,
                type: random.Next(2) == 0 ? "application/vnd.devcontainer-sdk.receipt.v1+json" : null, known: random.Next(12) > 0,
                platforms: random.Next(4) == 0);
        }

        for (int i = random.Next(2 * count); i > 0; i--)
        {
            string about = Name(random.Next(-2, count));
            repository.Tag(Name(random.Next(count)), random.Next(6) switch
            {
                0 => "latest",
                1 => $"sha-{i}",
                2 => Key(about),
                3 => Fallback(about, ".sig"),
                _ => Fallback(about),
            });
        }

        var policy = new PrunePolicy
        {
            Now = Now,
            KeepLast = random.Next(3),
            KeepFor = TimeSpan.FromDays(random.Next(2) * 30),
            WeakTags = random.Next(2) == 0 ? ["sha-*"] : [],
            Named = new Dictionary<Digest, string> { [DigestOf(Name(random.Next(-1, 4 * count)))] = "x" },
        };
        RepositoryGraph graph = repository.Graph;
        var plan = new PrunePlan(graph, policy);
        HashSet<Digest> needed = Needed(graph, plan, policy);
        foreach (Digest digest in graph.Manifests.Keys)
        {
            Assert.AreEqual(needed.Contains(digest), plan.IsKept(digest));
            Assert.AreEqual(!needed.Contains(digest), plan.Deletions.Contains(digest));
        }

        var gone = new HashSet<Digest>();
        foreach (Digest digest in plan.Deletions)
        {
            Assert.IsTrue(gone.Add(digest));
            Assert.IsEmpty(graph.Manifests.Values.Where(index => index.Children.Contains(digest) && !gone.Contains(index.Digest) && !graph.IsList(index.Digest)));
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static string Name(int number) => number < 0 ? $"missing{number}" : $"m{number}";

    // The rules once more, the long way: looks at every pair until nothing changes.
    private static HashSet<Digest> Needed(RepositoryGraph graph, PrunePlan plan, PrunePolicy policy)
    {
        var needed = new HashSet<Digest>();
        Digest[] dated = [.. plan.Images.Where(image => plan.Built(image) is not null).OrderByDescending(plan.Built).ThenBy(static image => image.Value, StringComparer.Ordinal)];
        foreach ((Digest digest, ManifestNode manifest) in graph.Manifests)
        {
            string[] tags = [.. graph.Tags.Where(tag => tag.Value == digest).Select(static tag => tag.Key)];
            Digest[] subjects = [.. tags.Select(tag => About(manifest, tag)).Append(manifest.Subject).OfType<Digest>()];
            bool isImage = manifest.IsKnown && subjects.Length == 0 && !graph.Manifests.Values.Any(other => other.Children.Contains(digest));
            Assert.AreEqual(isImage, plan.Images.Contains(digest));
            bool young = policy.KeepFor > TimeSpan.Zero && (plan.Built(digest) is not { } built || built >= policy.Now - policy.KeepFor);
            if (!manifest.IsKnown || policy.Named.ContainsKey(digest)
                || tags.Contains("latest") || (policy.WeakTags.Count == 0 && tags.Any(static tag => tag.StartsWith("sha-", StringComparison.Ordinal)))
                || tags.Any(tag => tag.StartsWith("sha256-", StringComparison.Ordinal) && About(manifest, tag) is null)
                || (tags.Any(static tag => tag.EndsWith(".sig", StringComparison.Ordinal)) && !subjects.Any(graph.Manifests.ContainsKey)
                    && !tags.Any(tag => !tag.Contains('.', StringComparison.Ordinal) && About(manifest, tag) is not null))
                || (isImage && (young || dated.Take(policy.KeepLast).Contains(digest))))
            {
                needed.Add(digest);
            }
        }

        for (int before = -1; before != needed.Count;)
        {
            before = needed.Count;
            foreach (ManifestNode manifest in graph.Manifests.Values)
            {
                if (graph.Manifests.Values.Any(other => needed.Contains(other.Digest) && other.Children.Contains(manifest.Digest))
                    || (manifest.Subject is { } subject && needed.Contains(subject))
                    || graph.Tags.Any(tag => tag.Value == manifest.Digest && About(manifest, tag.Key) is { } of && needed.Contains(of)))
                {
                    needed.Add(manifest.Digest);
                }
            }
        }

        return needed;
    }

    private static Digest? About(ManifestNode manifest, string tag) =>
        !tag.StartsWith("sha256-", StringComparison.Ordinal) || (!tag.Contains('.', StringComparison.Ordinal) && (manifest.MediaType != MediaTypes.ImageIndex || manifest.HasPlatforms))
            ? null
            : Digest.Parse("sha256:" + tag[7..71]);
}

using Gemma.Conversion.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>Names of models, files and settings.</summary>
public sealed class HubNameTests
{
    [Theory]
    [InlineData("google/gemma-2b-it", "google/gemma-2b-it", null)]
    [InlineData("gpt2", "gpt2", null)]
    [InlineData("a_b/c.d-e@refs/pr/3", "a_b/c.d-e", "refs/pr/3")]
    public void Parse_Name_HasItsParts(string text, string repository, string? revision)
    {
        var name = HubModelName.Parse(text);
        Assert.Equal((repository, revision, text), (name.Repository, name.Revision, name.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b/c")]
    [InlineData("-a/b")]
    [InlineData("a/b.")]
    [InlineData("a/b--c")]
    [InlineData("a/b..c")]
    [InlineData("a/b.git")]
    [InlineData("./model")]
    [InlineData("C:\\models")]
    [InlineData("a/ü")]
    [InlineData("a/b\n")]
    [InlineData("a/b@")]
    [InlineData("a/b@../x")]
    [InlineData("a/b@x y")]
    public void Parse_NoName_IsRefused(string text)
    {
        Assert.Throws<ArgumentException>(() => HubModelName.Parse(text));
        Assert.False(HubModelName.TryParse(text, out _));
    }

    [Fact]
    public void Parse_LongestName_Is96Characters()
    {
        Assert.True(HubModelName.TryParse("a/" + new string('b', 96), out _));
        Assert.False(HubModelName.TryParse("a/" + new string('b', 97), out _));
    }

    [Theory]
    [InlineData("config.json", true)]
    [InlineData("1_Pooling/config.json", true)]
    [InlineData("common.json", true)]
    [InlineData("CON", false)]
    [InlineData("aux.json", false)]
    [InlineData("com1.bin", false)]
    [InlineData("lpt\u00b9", false)]
    [InlineData("a/nul/b", false)]
    [InlineData("name.", false)]
    [InlineData("name ", false)]
    [InlineData("c:/x", false)]
    [InlineData("a//b", false)]
    [InlineData("a\\b", false)]
    [InlineData("a\u0000", false)]
    public void IsSafe_PathOfAnySystem_IsTold(string path, bool expected) => Assert.Equal(expected, HubPath.IsSafe(path));

    [Fact]
    public void Resolve_Environment_HasHuggingfaceHubsOrder()
    {
        Dictionary<string, string> variables = new() { ["XDG_CACHE_HOME"] = "/xdg" };
        HubSettings Read(HubOptions? options = null) => HubSettings.Resolve(options ?? new HubOptions(), name => variables.GetValueOrDefault(name));
        Assert.Equal((Path.GetFullPath("/xdg/huggingface/hub"), "https://huggingface.co", null), (Read().CacheFolder, Read().Endpoint, Read().Token));
        variables["HF_HOME"] = "/hf";
        Assert.Equal(Path.GetFullPath("/hf/hub"), Read().CacheFolder);
        variables["HUGGINGFACE_HUB_CACHE"] = "/old";
        Assert.Equal(Path.GetFullPath("/old"), Read().CacheFolder);
        variables["HF_HUB_CACHE"] = "/new";
        Assert.Equal(Path.GetFullPath("/new"), Read().CacheFolder);
        Assert.Equal(Path.GetFullPath("/mine"), Read(new HubOptions { CacheFolder = "/mine" }).CacheFolder);
        variables["HUGGING_FACE_HUB_TOKEN"] = "old";
        Assert.Equal("old", Read().Token);
        variables["HF_TOKEN"] = "  ";
        Assert.Equal("old", Read().Token);
        variables["HF_TOKEN"] = "new\n";
        Assert.Equal("new", Read().Token);
        variables["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "TRUE";
        Assert.Null(Read().Token);
        Assert.Equal("mine", Read(new HubOptions { Token = "mine" }).Token);
        variables["HF_ENDPOINT"] = "ftp://x";
        Assert.Throws<ArgumentException>(() => Read());
        Assert.DoesNotContain("mine", Read(new HubOptions { Token = "mine", Endpoint = "https://x" }).ToString(), StringComparison.Ordinal);
    }
}

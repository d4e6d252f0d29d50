using System.Net;
using Gemma.Conversion.Hub;
using Gemma.Tests.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>Tokens, licences, redirects and hosts.</summary>
public sealed class HubAccessTests
{
    [Fact]
    public async Task Pull_WithToken_SendsItToTheHubOnly()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.Token, hub.Server.Switches.Refusal) = ("hf_secret", (401, "GatedRepo", "You must be authenticated"));
        hub.AssertPulled(await hub.PullAsync(("HF_TOKEN", " hf_secret\n")));
        Assert.All(hub.Server.Requests, request => Assert.Equal(request.IsData ? null : "Bearer hf_secret", request.Authorization));
        Assert.DoesNotContain(hub.Log, line => line.Contains("hf_secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(401, "GatedRepo", "You must be authenticated", false, "TokenMissing", "needs a token, and none was sent")]
    [InlineData(401, null, "Invalid credentials in Authorization header", true, "TokenRefused", "refused the token")]
    [InlineData(403, "GatedRepo", "You are not in the authorized list", true, "LicenceNotAccepted", "has not accepted the licence")]
    [InlineData(403, "GatedRepo", "Please enable access to public gated repositories in your fine-grained token settings", true, "TokenScope",
        "may not read gated repositories")]
    [InlineData(401, null, null, false, "TokenMissing", "There is no public model")]
    [InlineData(404, "RepoNotFound", "Repository not found", true, "NotFound", "There is no model")]
    [InlineData(403, null, "Access to this resource is disabled.", false, "Disabled", "has disabled")]
    [InlineData(404, "EntryNotFound", null, false, "NotFound", "is no file of")]
    [InlineData(418, null, "teapot", false, "Protocol", "answered 418")]
    public async Task Pull_Refused_SaysWhyAndWhatToDo(int status, string? code, string? message, bool sendsToken, string expected, string words)
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.Token, hub.Server.Switches.Refusal, hub.Server.Switches.RefusesListing) = ("right", (status, code, message), true);
        var error = await hub.RefusedAsync(sendsToken ? [("HF_TOKEN", "wrong")] : []);
        Assert.Equal(expected, error.Error.ToString());
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("Root=1-test", error.Message, StringComparison.Ordinal);
        if (error.Error is HubError.LicenceNotAccepted)
            Assert.Contains($"{hub.Server.Endpoint}/{HubServerModel.Name}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", error.Message.Replace("is wrong", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_GatedFiles_AreRefusedOnce()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.Token, hub.Server.Switches.Refusal) = ("right", (403, "GatedRepo", "not in the list"));
        Assert.Equal(HubError.LicenceNotAccepted, (await hub.RefusedAsync(("HF_TOKEN", "other"))).Error);
        Assert.Single(hub.Server.Requests, request => request.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_MissingRevision_IsNamed()
    {
        await using var hub = await HubFixture.CreateAsync();
        using var client = hub.Open();
        var error = await Assert.ThrowsAsync<HubException>(() =>
            client.PullAsync(HubModelName.Parse(HubServerModel.Name + "@v9"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("has no revision 'v9'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_RenamedGatedRepository_FollowsWithTheToken()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.Token, hub.Server.Switches.Refusal, hub.Server.Switches.RefusesListing, hub.Server.Switches.RenamedFrom) = ("t",
            (401, "GatedRepo", "no"), true, "google/old-name");
        using var client = hub.Open(("HF_TOKEN", "t"));
        await client.PullAsync(HubModelName.Parse("google/old-name"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(hub.Server.Requests,
            request => request.Path == $"/api/models/{HubServerModel.Name}/tree/{hub.Server.Model.Commit}?recursive=true&expand=false");
    }

    [Fact]
    public async Task Pull_MirrorThatSendsElsewhere_FollowsWithoutTheToken()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.IsMirror = true;
        hub.AssertPulled(await hub.PullAsync(("HF_TOKEN", "t")));
        Assert.All(hub.Server.Requests.Where(request => request.IsData), request => Assert.Null(request.Authorization));
        Assert.Contains(hub.Log, line => line.StartsWith("Information: Files come from", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_ServerWithoutHeaders_Works()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.NoHeaders = true;
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_ListingOfManyPages_FollowsThemOnTheSameHost()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.PageSize = 3;
        hub.AssertPulled(await hub.PullAsync());
        Assert.Equal(5, hub.Server.Requests.Count(request => request.Path.Contains("/tree/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pull_HubsWarning_IsShownOnce()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Warning = "gemma-test moves soon";
        await hub.PullAsync();
        Assert.Single(hub.Log, line => line == "Warning: The hub says: gemma-test moves soon");
    }

    public static TheoryData<string, string> Lies => new()
    {
        { "hashes", "no hash (oid)" },
        { "commit", "belongs to another commit" },
        { "location", "without the header Location" },
        { "../config.json", "could lead out of its folder" },
        { "..\\config.json", "could lead out of its folder" },
        { "/etc/passwd", "could lead out of its folder" },
        { "a/../../config.json", "could lead out of its folder" },
        { "circle", "in a circle" },
        { "ftp", "no web address" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Pull_AnswerThatMakesNoSense_NamesThePlace(string lie, string words)
    {
        await using var hub = await HubFixture.CreateAsync();
        var switches = hub.Server.Switches;
        if (lie == "hashes") switches.NoHashes = true;
        else if (lie == "commit") switches.WrongCommit = new string('a', 40);
        else if (lie == "location") switches.NoLocation = true;
        else if (lie == "circle") switches.RedirectFilesTo = $"{hub.Server.Endpoint}/{HubServerModel.Name}/resolve/{hub.Server.Model.Commit}/config.json";
        else if (lie == "ftp") switches.RedirectFilesTo = "ftp://127.0.0.1/x";
        else switches.Lists = ("config.json", lie);
        var error = await hub.RefusedAsync();
        Assert.Equal(HubError.Protocol, error.Error);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('?', error.Message);
    }

    [Theory]
    [InlineData("https://huggingface.co/x", "http://huggingface.co/x", "not encrypted")]
    [InlineData("https://huggingface.co/x", "https://127.0.0.1/x", "inside of this network")]
    [InlineData("https://huggingface.co/x", "https://[::1]/x", "inside of this network")]
    [InlineData("https://huggingface.co/x", "https://169.254.169.254/latest", "inside of this network")]
    [InlineData("https://huggingface.co/x", "https://[::ffff:10.0.0.1]/", "inside of this network")]
    [InlineData("https://huggingface.co/x", "file:///etc/passwd", "no web address")]
    public void CheckRedirect_UnsafeTarget_IsRefused(string from, string to, string words)
    {
        var hosts = new HubHosts(HubSettings.Resolve(new HubOptions(), _ => null));
        Assert.Contains(words, Assert.Throws<HubException>(() => hosts.CheckRedirect(new Uri(from), new Uri(to))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckAddresses_NameThatLeadsInside_IsRefusedUnlessTheHubLiesThere()
    {
        var hosts = new HubHosts(HubSettings.Resolve(new HubOptions { Endpoint = "https://hub.example" }, _ => null));
        hosts.CheckAddresses("hub.example", [IPAddress.Parse("8.8.8.8")]);
        hosts.CheckAddresses("cdn.example", [IPAddress.Parse("8.8.4.4")]);
        Assert.Throws<HubException>(() => hosts.CheckAddresses("cdn.example", [IPAddress.Parse("8.8.4.4"), IPAddress.Parse("192.168.1.1")]));
        hosts.CheckAddresses("hub.example", [IPAddress.Parse("10.1.1.1")]);
        hosts.CheckAddresses("cdn.example", [IPAddress.Parse("192.168.1.1")]);
    }

    [Theory]
    [InlineData("https://huggingface.co/a", true)]
    [InlineData("https://mirror.example/a", true)]
    [InlineData("https://mirror.example:8443/a", false)]
    [InlineData("http://mirror.example/a", false)]
    [InlineData("https://cdn-lfs.huggingface.co/a", false)]
    [InlineData("https://huggingface.co.evil.example/a", false)]
    public void IsHub_SchemeHostAndPort_Decide(string uri, bool expected) =>
        Assert.Equal(expected, new HubHosts(HubSettings.Resolve(new HubOptions { Endpoint = "https://mirror.example/hf/" }, _ => null)).IsHub(new Uri(uri)));
}

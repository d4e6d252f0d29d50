using Gemma.Conversion.Hub;
using Gemma.Tests;
using Gemma.Tests.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>A hub on this machine, and an empty cache.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ListLogger _logger = new();

    private HubFixture(HubServer server) => Server = server;

    public HubServer Server { get; }

    public string Cache => _folder.File("hub");

    public List<string> Log => _logger.Messages;

    public static HubModelName Name { get; } = HubModelName.Parse(HubServerModel.Name);

    public string ModelFolder => Path.Combine(Cache, "models--google--gemma-test");

    public string Snapshot => Path.Combine(ModelFolder, "snapshots", Server.Model.Commit);

    public static async Task<HubFixture> CreateAsync() => new(await HubServer.StartAsync());

    /// <summary>A hub's client with these variables; waits pass a thousand times as fast.</summary>
    public ModelHub Open(params (string Name, string Value)[] variables) => Open(new HubOptions(), variables);

    public ModelHub Open(HubOptions options, params (string Name, string Value)[] variables)
    {
        var environment = new Dictionary<string, string>
        {
            ["HF_ENDPOINT"] = Server.Endpoint,
            ["HF_HUB_CACHE"] = Cache,
            ["HF_HOME"] = _folder.File("home"),
            ["HF_HUB_ETAG_TIMEOUT"] = "20000",
        };
        foreach (var (name, value) in variables) environment[name] = value;
        return new ModelHub(HubSettings.Resolve(options, name => environment.GetValueOrDefault(name)), _logger, new FastTime());
    }

    public async Task<string> PullAsync(params (string Name, string Value)[] variables)
    {
        using var hub = Open(variables);
        return await hub.PullAsync(Name, cancellationToken: TestContext.Current.CancellationToken);
    }

    public async Task<HubException> RefusedAsync(params (string Name, string Value)[] variables) =>
        await Assert.ThrowsAsync<HubException>(() => PullAsync(variables));

    /// <summary>What a conversion needs is there, byte by byte, and nothing else.</summary>
    public void AssertPulled(string folder)
    {
        string[] expected = ["config.json", "generation_config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json"];
        Assert.Equal(expected, Files(folder));
        foreach (var file in expected) Assert.True(Server.Model.Files[file].AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, file))), file);
        Assert.DoesNotContain(Files(Cache), file => file.Contains("incomplete", StringComparison.Ordinal) || file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    public static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private sealed class FastTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 1000 : dueTime, period);
    }
}

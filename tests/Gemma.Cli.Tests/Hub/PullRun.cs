using System.Diagnostics;
using Gemma.Tests;
using Gemma.Tests.Hub;

namespace Gemma.Cli.Tests.Hub;

/// <summary>
/// Runs the command with a hub on this machine and an empty cache. A process of its own, because the environment's variables are a process's.
/// </summary>
internal sealed class PullRun : IAsyncDisposable
{
    private PullRun(HubServer server) => Server = server;

    public HubServer Server { get; }

    public TemporaryFolder Folder { get; } = new();

    public static async Task<PullRun> StartAsync() => new(await HubServer.StartAsync());

    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "gemma.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in ((string, string)[])[("HF_ENDPOINT", Server.Endpoint), ("HF_HOME", Folder.Path), ("XDG_DATA_HOME", Folder.File("data")),
                ("HF_TOKEN", string.Empty)]) start.Environment[name] = value;
        foreach (var name in (string[])["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HUGGING_FACE_HUB_TOKEN",
            "HF_TOKEN_PATH"]) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Folder.Dispose();
    }
}

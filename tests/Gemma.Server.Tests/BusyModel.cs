using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;

namespace Gemma.Server.Tests;

/// <summary>Holds a model's inference thread until it is released: what comes meanwhile waits in the queue.</summary>
internal sealed class BusyModel : IAsyncDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    private BusyModel(GemmaModel model)
    {
        var request = new GenerationRequest
        {
            Config = new GenerationConfig { MaxNewTokens = 2, EosTokenId = [] },
            CreateTextObserver = () => _ =>
            {
                _started.TrySetResult();
                _release.Wait(TimeSpan.FromSeconds(60));
                return false;
            },
        };
        _running = model.GenerateSequencesAsync(new[] { 2, 916 }, request, TestContext.Current.CancellationToken);
    }

    public static async Task<BusyModel> StartAsync(GemmaModel model)
    {
        var busy = new BusyModel(model);
        await busy._started.Task;
        return busy;
    }

    public async ValueTask DisposeAsync()
    {
        _release.Set();
        await _running;
        _release.Dispose();
    }
}

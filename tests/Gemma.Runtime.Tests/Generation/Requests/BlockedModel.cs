using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Generation.Requests;

/// <summary>A model with one place, which a generation holds until it is released.</summary>
internal sealed class BlockedModel : IAsyncDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<IReadOnlyList<GeneratedSequence>> _running;

    private BlockedModel(GemmaModel model)
    {
        Model = model;
        var request = new GenerationRequest
        {
            Config = new GenerationConfig { MaxNewTokens = 2, EosTokenId = [] },
            CreateTextObserver = () => _ =>
            {
                _started.TrySetResult();
                _release.Wait(TimeSpan.FromSeconds(30));
                return false;
            },
        };
        _running = model.GenerateSequencesAsync(new[] { 2, 916 }, request, TestContext.Current.CancellationToken);
    }

    public GemmaModel Model { get; }

    public static async Task<BlockedModel> StartAsync(string package, GemmaModelOptions options)
    {
        var blocked = new BlockedModel(await GemmaModel.LoadAsync(package, options with
        {
            MaxConcurrentRequests = 1,
            Engine = new() { Threads = 1 },
        }, cancellationToken: TestContext.Current.CancellationToken));
        await blocked._started.Task;
        return blocked;
    }

    public async Task ReleaseAsync()
    {
        _release.Set();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        _release.Set();
        await _running;
        await Model.DisposeAsync();
        _release.Dispose();
    }
}

using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;

namespace Gemma.Server.Tests;

/// <summary>An answer whose every token waits for a step: between two of them the model does one pass for whoever runs beside it.</summary>
internal sealed class SteppedModel : IAsyncDisposable
{
    private readonly SemaphoreSlim _steps = new(0);
    private readonly SemaphoreSlim _tokens = new(0);
    private readonly Task _running;
    private volatile bool _isEnding;

    private SteppedModel(GemmaModel model)
    {
        var request = new GenerationRequest
        {
            Config = new GenerationConfig { MaxNewTokens = 900, EosTokenId = [] },
            CreateTextObserver = () => _ =>
            {
                _tokens.Release();
                if (!_isEnding) _steps.Wait(TimeSpan.FromSeconds(60));
                return _isEnding;
            },
        };
        _running = model.GenerateSequencesAsync(new[] { 2, 916 }, request, TestContext.Current.CancellationToken);
    }

    public static async Task<SteppedModel> StartAsync(GemmaModel model)
    {
        var stepped = new SteppedModel(model);
        await stepped._tokens.WaitAsync(TestContext.Current.CancellationToken);
        return stepped;
    }

    /// <summary>Lets one more token come.</summary>
    public async Task StepAsync()
    {
        _steps.Release();
        await _tokens.WaitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _isEnding = true;
        _steps.Release();
        await _running;
        _steps.Dispose();
        _tokens.Dispose();
    }
}

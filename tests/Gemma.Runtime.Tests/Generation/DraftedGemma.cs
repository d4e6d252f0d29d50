using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.Time.Testing;

[assembly: AssemblyFixture(typeof(Gemma.Runtime.Tests.Generation.DraftedGemma))]

namespace Gemma.Runtime.Tests.Generation;

/// <summary>The repository's small model, for which itself with rounded weights drafts: it guesses most tokens right, not all.</summary>
public sealed class DraftedGemma : IAsyncDisposable
{
    private readonly TinyGemma _tiny = new();
    private readonly Lock _lock = new();
    private Task<GemmaModel>? _model;

    /// <summary>The draft model's package.</summary>
    public Task<string> DraftAsync() => _tiny.PackageAsync(ModelPrecision.Int4);

    /// <summary>The exact model with drafts. On its clock every pass takes the same time, so that it does not depend on the machine what is guessed.</summary>
    public Task<GemmaModel> ModelAsync()
    {
        lock (_lock) return _model ??= LoadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LoadedModel.DisposeAsync(_model);
        await _tiny.DisposeAsync();
    }

    private async Task<GemmaModel> LoadAsync() => await GemmaModel.LoadAsync(await _tiny.PackageAsync(ModelPrecision.Fp32),
        new GemmaModelOptions { MaxConcurrentRequests = 16, DraftModelPath = await DraftAsync(), Engine = new() { Threads = 1 } },
        timeProvider: new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) });
}

using Gemma.Runtime;

namespace Gemma.Tests;

/// <summary>A model that a fixture may have loaded.</summary>
internal static class LoadedModel
{
    /// <summary>
    /// Disposes it. Where it was never asked for, or loading failed or was skipped, there is nothing to dispose: the tests that asked for it said so.
    /// </summary>
    public static async Task DisposeAsync(Task<GemmaModel>? loading)
    {
        if (loading is null) return;
        await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loading.IsCompletedSuccessfully) await (await loading).DisposeAsync();
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gemma.SemanticKernel.Hosting;

/// <summary>Loads the models that ask for it while the host starts, one after the other.</summary>
internal sealed class GemmaStartupService(IServiceProvider provider, IEnumerable<GemmaServiceKey> keys) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var key in keys)
        {
            var holder = provider.GetRequiredKeyedService<GemmaModelHolder>(key.ModelKey);
            if (holder.Options.LoadOnStart) await holder.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

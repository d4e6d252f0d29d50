using Gemma.Server;
using Gemma.Server.Catalog;
using Gemma.Server.Http;
using Gemma.Server.Metrics;
using Gemma.Server.Security;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what <c>MapGemma()</c> needs.</summary>
public static class GemmaServerServiceCollectionExtensions
{
    /// <summary>Registers the server of the models that <c>AddGemma()</c> registers, before or after this call.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options, or null for the defaults.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddGemmaServer(this IServiceCollection services, Action<GemmaServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptionsWithValidateOnStart<GemmaServerOptions>();
        if (configure is not null) options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaServerOptions>, GemmaServerOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaServerOptions>, GemmaServerOptionsRules>());
        services.TryAddSingleton<ModelCatalog>();
        services.TryAddSingleton<ApiKeys>();
        services.TryAddSingleton<RateLimits>();
        services.AddMetrics();
        services.TryAddSingleton<ServerMetrics>();
        services.TryAddSingleton<RequestJournal>();
        services.TryAddSingleton<Drain>();
        return services;
    }
}

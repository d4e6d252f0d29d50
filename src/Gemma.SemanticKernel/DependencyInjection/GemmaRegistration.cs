using System.Diagnostics.Metrics;
using Gemma.Runtime;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel.DependencyInjection;

/// <summary>Registers models: their options, and one holder for all services of a model.</summary>
internal static class GemmaRegistration
{
    /// <summary>Registers a model with all services, as AddGemma does; a second call adds to the options of the first.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceId">The key of the model's services, or null.</param>
    /// <param name="configure">Sets the options.</param>
    /// <param name="invokesFunctions">Whether the chat client invokes the functions that the model calls.</param>
    public static GemmaBuilder Add(IServiceCollection services, string? serviceId, Action<OptionsBuilder<GemmaOptions>> configure,
        bool invokesFunctions = false)
    {
        var model = Find(services, key => key.Value == serviceId) ?? AddModel(services, new GemmaServiceKey(serviceId, serviceId, null));
        configure(services.AddOptionsWithValidateOnStart<GemmaOptions>(model.ModelKey));
        foreach (var kind in Enum.GetValues<GemmaServiceKind>()) GemmaServices.Add(services, model, kind, invokesFunctions);
        return model.Builder ??= new GemmaBuilder(services, model.Value, model.ChatClient!, model.EmbeddingGenerator!);
    }

    /// <summary>Registers a model for one service, as Semantic Kernel's other connectors do; calls with the same path and key share the model.</summary>
    public static IServiceCollection Add(IServiceCollection services, string modelId, string modelPath, string? serviceId, GemmaServiceKind kind)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(modelId);
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(modelPath));
        var model = Find(services, key => key.Value == serviceId && (key.Path is null || key.Path == path));
        if (model is null)
        {
            var isFirst = Find(services, key => key.Value == serviceId) is null;
            model = AddModel(services, new GemmaServiceKey(serviceId, isFirst ? serviceId : $"{serviceId}:{path}", path));
        }

        services.AddOptionsWithValidateOnStart<GemmaOptions>(model.ModelKey).Configure(options => (options.ModelId, options.ModelPath) = (modelId, modelPath));
        GemmaServices.Add(services, model, kind, invokesFunctions: true);
        return services;
    }

    private static GemmaServiceKey? Find(IServiceCollection services, Predicate<GemmaServiceKey> matches) =>
        services.Where(descriptor => !descriptor.IsKeyedService).Select(descriptor => descriptor.ImplementationInstance).OfType<GemmaServiceKey>()
            .FirstOrDefault(key => matches(key));

    private static GemmaServiceKey AddModel(IServiceCollection services, GemmaServiceKey model)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaOptions>, GemmaOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaOptions>, GemmaOptionsRules>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, GemmaStartupService>());
        services.AddSingleton(model);
        services.AddKeyedSingleton(model.ModelKey, static (provider, key) => new GemmaModelHolder(
            provider.GetRequiredService<IOptionsMonitor<GemmaOptions>>().Get((string?)key ?? Microsoft.Extensions.Options.Options.DefaultName),
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<IMeterFactory>()));
        GemmaServices.AddPublic<IGemmaModelSource>(services, model, provider => provider.GetRequiredKeyedService<GemmaModelHolder>(model.ModelKey));
        return model;
    }
}

using System.Diagnostics.Metrics;
using Gemma.Runtime;
using Gemma.Runtime.Chat;
using Gemma.SemanticKernel.Classification;
using Gemma.SemanticKernel.Hosting;
using Gemma.SemanticKernel.TextGeneration;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace Gemma.SemanticKernel;

/// <summary>What one AddGemma call registers. Options name and service key are the same.</summary>
internal static class GemmaRegistration
{
    public static GemmaBuilder Add(IServiceCollection services, string? serviceId, Action<OptionsBuilder<GemmaOptions>> configure)
    {
        configure(services.AddOptionsWithValidateOnStart<GemmaOptions>(serviceId));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaOptions>, GemmaOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GemmaOptions>, GemmaOptionsRules>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, GemmaStartupService>());
        if (services.Where(descriptor => !descriptor.IsKeyedService).Select(descriptor => descriptor.ImplementationInstance).OfType<GemmaServiceKey>().FirstOrDefault(key => key.Value == serviceId) is { } known) return known.Builder;

        services.AddKeyedSingleton(serviceId, static (provider, key) => new GemmaModelHolder(
            provider.GetRequiredService<IOptionsMonitor<GemmaOptions>>().Get((string?)key ?? Microsoft.Extensions.Options.Options.DefaultName),
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<IMeterFactory>()));
        services.AddKeyedSingleton<IGemmaModelSource>(serviceId, static (provider, key) => provider.GetRequiredKeyedService<GemmaModelHolder>(key));
        var chatClient = services.AddKeyedChatClient(serviceId, provider => CreateChatClient(provider, serviceId));
        services.AddKeyedSingleton(serviceId, static (provider, key) => CreateChatCompletion(provider, key));
        services.AddKeyedSingleton<ITextGenerationService>(serviceId, static (provider, key) => new GemmaTextGenerationService(provider.GetRequiredKeyedService<GemmaModelHolder>(key)));
        ClassificationRegistration.Add(services, serviceId);
        if (serviceId is not null) AddUnkeyedAliases(services, serviceId);
        var builder = new GemmaBuilder(services, serviceId, chatClient);
        services.AddSingleton(new GemmaServiceKey(serviceId, builder));
        return builder;
    }

    // Kernels of hosted applications see unkeyed services only: the first model is the default one.
    private static void AddUnkeyedAliases(IServiceCollection services, string serviceId)
    {
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IGemmaModelSource>(serviceId));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IChatClient>(serviceId));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IChatCompletionService>(serviceId));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<ITextGenerationService>(serviceId));
    }

    private static GemmaChatClient CreateChatClient(IServiceProvider provider, string? serviceId)
    {
        var holder = provider.GetRequiredKeyedService<GemmaModelHolder>(serviceId);
        return new GemmaChatClient(holder, holder.RequestDefaults(), provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>());
    }

    private static IChatCompletionService CreateChatCompletion(IServiceProvider provider, object? key)
    {
        var client = provider.GetRequiredKeyedService<IChatClient>(key);
        var loggers = provider.GetService<ILoggerFactory>();

        // The container disposes the client itself; an application that invokes functions in its own pipeline keeps doing so.
        IChatClient shared = new NonDisposingChatClient(client);
        if (client.GetService<FunctionInvokingChatClient>() is null) shared = shared.AsBuilder().UseKernelFunctionInvocation(loggers).Build(provider);
        return shared.AsChatCompletionService(provider);
    }
}

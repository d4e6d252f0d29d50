using Gemma.SemanticKernel;
using Gemma.SemanticKernel.DependencyInjection;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Gemma models: <see cref="AI.IChatClient"/>, chat completion, text generation and what else the package offers.</summary>
public static class GemmaServiceCollectionExtensions
{
    /// <summary>Registers a model by its folder or its name on the hub.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="modelPath">A model package, a Hugging Face checkpoint folder, or a model of the hub that its cache holds, such as
    /// <c>google/gemma-2b-it</c>.</param>
    /// <returns>A builder for the model's chat pipeline.</returns>
    public static GemmaBuilder AddGemma(this IServiceCollection services, string modelPath) => services.AddGemma(modelPath, invokesFunctions: false);

    /// <summary>Registers a model by its options.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; <see cref="GemmaOptions.ModelPath"/> is required.</param>
    /// <returns>A builder for the model's chat pipeline.</returns>
    public static GemmaBuilder AddGemma(this IServiceCollection services, Action<GemmaOptions> configure) => services.AddGemma(null, configure);

    /// <summary>Registers a named model by its options.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="serviceId">The key of its services and the name of its options; null for unkeyed services.</param>
    /// <param name="configure">Sets the options; <see cref="GemmaOptions.ModelPath"/> is required.</param>
    /// <returns>A builder for the model's chat pipeline.</returns>
    public static GemmaBuilder AddGemma(this IServiceCollection services, string? serviceId, Action<GemmaOptions> configure) =>
        services.AddGemma(serviceId, configure, invokesFunctions: false);

    /// <summary>Registers the models of a configuration section: several under <c>Models</c>, keyed by their names, or one, unkeyed.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">For example <c>configuration.GetSection("Gemma")</c>.</param>
    /// <returns>The builders of the models' chat pipelines, in the section's order.</returns>
    /// <exception cref="ArgumentException">The section has neither <c>Models</c> nor <c>ModelPath</c>.</exception>
    public static IReadOnlyList<GemmaBuilder> AddGemma(this IServiceCollection services, IConfiguration section) =>
        services.AddGemma(section, invokesFunctions: false);

    internal static GemmaBuilder AddGemma(this IServiceCollection services, string modelPath, bool invokesFunctions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        return GemmaRegistration.Add(services, null, options => options.Configure(o => o.ModelPath = modelPath), invokesFunctions);
    }

    internal static GemmaBuilder AddGemma(this IServiceCollection services, string? serviceId, Action<GemmaOptions> configure, bool invokesFunctions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return GemmaRegistration.Add(services, serviceId, options => options.Configure(configure), invokesFunctions);
    }

    internal static IReadOnlyList<GemmaBuilder> AddGemma(this IServiceCollection services, IConfiguration section, bool invokesFunctions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        var models = section.GetSection("Models").GetChildren().ToArray();
        if (models.Length > 0) return [.. models.Select(model => GemmaRegistration.Add(services, model.Key, options => options.Bind(model), invokesFunctions))];
        if (section["ModelPath"] is null)
            throw new ArgumentException("The configuration section has neither 'Models' nor 'ModelPath': add one of them.", nameof(section));
        return [GemmaRegistration.Add(services, null, options => options.Bind(section), invokesFunctions)];
    }
}

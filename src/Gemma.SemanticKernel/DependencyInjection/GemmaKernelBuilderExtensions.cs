using Gemma.SemanticKernel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>
/// Registers Gemma models in a kernel. Their chat clients invoke the functions that the model calls, as those of Semantic Kernel's other connectors do.
/// </summary>
public static class GemmaKernelBuilderExtensions
{
    /// <summary>Registers a model by its folder or its name on the hub.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelPath">A model package, a Hugging Face checkpoint folder, or a model of the hub that its cache holds, such as
    /// <c>google/gemma-2b-it</c>.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddGemma(this IKernelBuilder builder, string modelPath)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemma(modelPath, invokesFunctions: true);
        return builder;
    }

    /// <summary>Registers a model by its options.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="configure">Sets the options; <see cref="GemmaOptions.ModelPath"/> is required.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddGemma(this IKernelBuilder builder, Action<GemmaOptions> configure) => builder.AddGemma(null, configure);

    /// <summary>Registers a named model by its options.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="serviceId">The key of its services; null for unkeyed services.</param>
    /// <param name="configure">Sets the options; <see cref="GemmaOptions.ModelPath"/> is required.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddGemma(this IKernelBuilder builder, string? serviceId, Action<GemmaOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemma(serviceId, configure, invokesFunctions: true);
        return builder;
    }

    /// <summary>Registers the models of a configuration section.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="section">For example <c>configuration.GetSection("Gemma")</c>.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddGemma(this IKernelBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemma(section, invokesFunctions: true);
        return builder;
    }
}

using Gemma.Runtime.Classification;
using Gemma.SemanticKernel.Classification;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>Puts classifiers into a kernel's filters and plugins.</summary>
public static class ClassificationKernelBuilderExtensions
{
    /// <summary>Blocks or tags every rendered prompt by a head's labels.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">Labels, thresholds and what to do.</param>
    /// <param name="head">The head's name, or the model's service id; null for the default.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddClassificationPromptFilter(this IKernelBuilder builder, ClassificationGuardOptions options, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        builder.Services.AddSingleton<IPromptRenderFilter>(provider =>
            new ClassificationPromptFilter(provider.GetRequiredKeyedService<ISequenceClassifier>(head), options));
        return builder;
    }

    /// <summary>Blocks or tags every function call by a head's labels.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="options">Labels, thresholds, what to classify and what to do.</param>
    /// <param name="head">The head's name, or the model's service id; null for the default.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddClassificationFunctionFilter(this IKernelBuilder builder, ClassificationGuardOptions options, string? head = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        builder.Services.AddSingleton<IFunctionInvocationFilter>(provider =>
            new ClassificationFunctionFilter(provider.GetRequiredKeyedService<ISequenceClassifier>(head), options));
        return builder;
    }

    /// <summary>Adds a plugin with the function <c>classify</c>.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="pluginName">The plugin's name.</param>
    /// <param name="head">The head's name, or the model's service id; null for the default.</param>
    /// <param name="description">What the labels are about, for models that choose functions.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddClassificationPlugin(this IKernelBuilder builder, string pluginName = "Classification", string? head = null,
        string? description = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(provider =>
            ClassificationPlugin.Create(provider.GetRequiredKeyedService<ISequenceClassifier>(head), pluginName, description));
        return builder;
    }
}

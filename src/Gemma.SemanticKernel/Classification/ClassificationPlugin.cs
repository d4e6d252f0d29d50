using Gemma.Runtime.Classification;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Classification;

/// <summary>A kernel plugin with one function, <c>classify</c>, for prompts, planners and models that call functions.</summary>
public static class ClassificationPlugin
{
    /// <summary>The function's name.</summary>
    public const string FunctionName = "classify";

    /// <summary>Creates the plugin.</summary>
    /// <param name="classifier">The classifier; it stays its owner's.</param>
    /// <param name="pluginName">The plugin's name: ASCII letters, digits and underscores.</param>
    /// <param name="description">What the labels are about, for models that choose functions.</param>
    /// <param name="options">Options of the classification, or null.</param>
    /// <returns>A plugin whose function takes <c>text</c> and returns the labels that count as given, with commas between.</returns>
    public static KernelPlugin Create(ISequenceClassifier classifier, string pluginName = "Classification", string? description = null,
        ClassificationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentException.ThrowIfNullOrEmpty(pluginName);
        var function = KernelFunctionFactory.CreateFromMethod(
            ClassifyAsync,
            ClassificationJsonContext.Default.Options,
            FunctionName,
            description ?? "Gives a text a label.",
            [new KernelParameterMetadata("text", ClassificationJsonContext.Default.Options)
            {
                Description = "The text.",
                ParameterType = typeof(string),
                IsRequired = true,
            }],
            new KernelReturnParameterMetadata(ClassificationJsonContext.Default.Options)
            {
                Description = "The label, or labels with commas between.",
                ParameterType = typeof(string),
            });
        return KernelPluginFactory.CreateFromFunctions(pluginName, description, [function]);

        async Task<string> ClassifyAsync(string text, CancellationToken cancellationToken)
        {
            var result = await classifier.ClassifyAsync(text, options, cancellationToken).ConfigureAwait(false);
            return string.Join(", ", result.SelectedLabels);
        }
    }
}

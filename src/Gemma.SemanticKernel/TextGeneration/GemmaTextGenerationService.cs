using System.Runtime.CompilerServices;
using System.Text;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.Services;
using Microsoft.SemanticKernel.TextGeneration;

namespace Gemma.SemanticKernel.TextGeneration;

/// <summary>Continues raw prompts: no chat template, one <c>&lt;bos&gt;</c> in front.</summary>
/// <remarks>Safe for concurrent use. Does not own the model.</remarks>
public sealed class GemmaTextGenerationService : ITextGenerationService
{
    private readonly IGemmaModelSource _source;

    /// <summary>Creates the service.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    public GemmaTextGenerationService(IGemmaModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        Attributes = new Dictionary<string, object?> { [AIServiceExtensions.ModelIdKey] = source.ModelId };
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TextContent>> GetTextContentsAsync(string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        IReadOnlyDictionary<string, object?>? metadata = null;
        await foreach (var piece in GetStreamingTextContentsAsync(prompt, executionSettings, kernel, cancellationToken).ConfigureAwait(false))
        {
            text.Append(piece.Text);
            metadata = piece.Metadata ?? metadata;
        }

        return [new TextContent(text.ToString(), _source.ModelId, metadata: metadata)];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StreamingTextContent> GetStreamingTextContentsAsync(string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var request = GemmaPromptExecutionSettings.FromExecutionSettings(executionSettings).ToRequest();
        using var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var model = lease.Model;
        var tokenizer = model.Tokenizer ?? throw new NotSupportedException($"'{model.ModelId}' has no tokenizer files: it takes token ids only.");

        // A raw prompt is the application's own text; what may contain a user's words goes through chat completion.
        var ids = tokenizer.Encode(prompt, addSpecialTokens: true, recognizeControlTokens: false);
        await foreach (var update in model.GenerateAsync(ids, request, cancellationToken).ConfigureAwait(false))
        {
            if (update.Text.Length > 0 || update.Summary is not null) yield return new StreamingTextContent(update.Text, 0, _source.ModelId, update, Encoding.UTF8, Metadata(update.Summary));
        }
    }

    private static Dictionary<string, object?>? Metadata(GenerationSummary? summary) => summary is null ? null : new()
    {
        ["FinishReason"] = summary.FinishReason.ToString(),
        ["Usage"] = new Microsoft.Extensions.AI.UsageDetails
        {
            InputTokenCount = summary.InputTokens,
            OutputTokenCount = summary.OutputTokens,
            TotalTokenCount = summary.InputTokens + summary.OutputTokens,
            CachedInputTokenCount = summary.CachedInputTokens,
        },
    };
}

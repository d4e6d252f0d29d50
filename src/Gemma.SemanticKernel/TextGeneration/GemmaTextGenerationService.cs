using System.Runtime.CompilerServices;
using System.Text;
using Gemma.Runtime;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Prompts;
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
    public async Task<IReadOnlyList<TextContent>> GetTextContentsAsync(string prompt, PromptExecutionSettings? executionSettings = null, Kernel? kernel = null,
        CancellationToken cancellationToken = default)
    {
        SortedDictionary<int, (StringBuilder Text, StreamingTextContent Last)> texts = [];
        await foreach (var piece in GetStreamingTextContentsAsync(prompt, executionSettings, kernel, cancellationToken).ConfigureAwait(false))
        {
            var text = texts.TryGetValue(piece.ChoiceIndex, out var known) ? known.Text : new StringBuilder();
            texts[piece.ChoiceIndex] = (text.Append(piece.Text), piece);
        }

        return [.. texts.Values.Select(text =>
            new TextContent(text.Text.ToString(), _source.ModelId, text.Last.InnerContent, Encoding.UTF8, text.Last.Metadata))];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StreamingTextContent> GetStreamingTextContentsAsync(string prompt, PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var settings = GemmaPromptExecutionSettings.FromExecutionSettings(executionSettings);
        if (SettingsResponseFormat.Read(settings.ResponseFormat) is Microsoft.Extensions.AI.ChatResponseFormatJson)
            throw new NotSupportedException("Text generation has no response_format: it continues a raw prompt. Use chat completion for structured output.");
        var request = settings.ToRequest();
        using var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false);
        var model = lease.Model;
        var tokenizer = model.Tokenizer ?? throw new NotSupportedException($"'{model.ModelId}' has no tokenizer files: it takes token ids only.");

        // A raw prompt is the application's own text; what may contain a user's words goes through chat completion.
        var ids = FillInMiddle.EncodeRaw(tokenizer, prompt);
        await foreach (var update in model.GenerateAsync(ids, request, cancellationToken).ConfigureAwait(false))
        {
            if (update.Text.Length == 0 && update.Summary is null) continue;
            object inner = update.Summary is { } summary ? summary : update;
            yield return new StreamingTextContent(update.Text, update.Sequence, _source.ModelId, inner, Encoding.UTF8, Metadata(update));
        }
    }

    private static Dictionary<string, object?> Metadata(GenerationUpdate update)
    {
        var metadata = new Dictionary<string, object?>();
        if (update.Summary is { } summary)
        {
            metadata["FinishReason"] = summary.FinishReason.ToName();
            metadata["Usage"] = ChatUsage.Of([summary]);
        }

        return metadata;
    }
}

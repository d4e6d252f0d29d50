using System.Runtime.CompilerServices;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tokenization;

namespace Gemma.Runtime.Classification;

/// <summary>
/// Classifies texts with a chat model and no head: each label's score is its likelihood as the model's answer, as ShieldGemma's Yes and No. A label's "logit"
/// is its log-likelihood; the scores are the softmax over the labels.
/// </summary>
/// <remarks>Safe for concurrent use. Does not own the model. Token ids are taken as the whole prompt.</remarks>
public sealed class ZeroShotClassifier : ISequenceClassifier
{
    // Jobs take their turns; more of them would only hold memory.
    private const int Window = 4;
    private const string Pair = "{text_pair}";

    private readonly IGemmaModelSource _source;
    private readonly ZeroShotOptions _settings;
    private readonly SequenceClassifierMetadata _metadata;

    /// <summary>Creates a classifier.</summary>
    /// <param name="source">A loaded model, or one that is loaded at the first request.</param>
    /// <param name="options">Labels and question.</param>
    /// <exception cref="ArgumentException">There are fewer than two labels, two are equal or one is empty, or the question has no <c>{text}</c>.</exception>
    public ZeroShotClassifier(IGemmaModelSource source, ZeroShotOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Labels.Count < 2) throw new ArgumentException("Zero-shot classification compares labels; give at least two.", nameof(options));
        if (!options.Prompt.Contains("{text}", StringComparison.Ordinal))
            throw new ArgumentException("The question has no place for the text; put {text} into it.", nameof(options));
        if (options.Labels.Any(string.IsNullOrEmpty)) throw new ArgumentException("A label is empty; give every label a name.", nameof(options));
        ClassificationLabels.Check(options.Labels, problem => new ArgumentException(problem, nameof(options)));
        _source = source;
        _settings = options;
        _metadata = new SequenceClassifierMetadata(GemmaModel.ProviderName, source.ModelId, null, options.Labels, ClassificationProblem.SingleLabel);
    }

    /// <inheritdoc/>
    public async Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new ClassificationResults(await ClassifyStreamingAsync(inputs.ToAsyncEnumerable(), options, cancellationToken).ToListAsync(cancellationToken)
            .ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ClassificationResult> ClassifyStreamingAsync(IAsyncEnumerable<ClassificationInput> inputs,
        ClassificationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        options ??= new ClassificationOptions();
        options.Validate(_settings.Labels);
        Refuse(nameof(options.MaxLength), options.MaxLength is not null);
        Refuse(nameof(options.TruncationSide), options.TruncationSide is not null);
        Refuse(nameof(options.RecognizeControlTokens), options.RecognizeControlTokens);
        var model = await _source.GetModelAsync(cancellationToken).ConfigureAwait(false);
        var tokenizer = model.Tokenizer
            ?? throw new NotSupportedException(
                $"'{model.ModelId}' has no tokenizer files, without which labels cannot be scored; convert a checkpoint that has its tokenizer.");
        if (model.Engine.VocabularySize == 0)
        {
            throw new NotSupportedException(
                $"'{model.ModelId}' has no language-model head, without which labels have no likelihood; use a chat model's package.");
        }
        int[][] labels = [.. _settings.Labels.Select(label => tokenizer.Encode(label, addSpecialTokens: false, recognizeControlTokens: false))];
        var scorer = new LabelScorer(_settings.Labels, ClassificationProblem.SingleLabel, options);
        await foreach (var result in OrderedPipeline.RunAsync(inputs, ScoreAsync, Window, cancellationToken).ConfigureAwait(false)) yield return result;

        async Task<ClassificationResult> ScoreAsync(ClassificationInput input, int index, CancellationToken leaving)
        {
            var prompt = Encode(model, tokenizer, input, index);
            var longest = prompt.Length + labels.Max(static label => label.Length);
            if (longest > model.ContextLength)
            {
                throw new GemmaContextLengthException(
                    $"Question, text and label have {longest} tokens, but the context holds {model.ContextLength}; shorten the text.");
            }
            var job = new LabelLikelihoodJob(prompt, labels, leaving);
            using var lease = await _source.AcquireAsync(leaving).ConfigureAwait(false);
            var terms = new RequestTerms(RequestOperation.Classification, prompt.Length, options.Priority, options.Timeout);
            var likelihoods = await lease.Model.Gate.RunAsync(job, job.Result, terms, waitForRoom: index > 0).ConfigureAwait(false);
            if (_settings.NormalizeByLength)
            {
                for (var i = 0; i < likelihoods.Length; i++) likelihoods[i] /= labels[i].Length;
            }

            return scorer.Score(likelihoods, prompt.Length, isTruncated: false);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => ServiceLookup.Find(serviceType, serviceKey, this, _metadata, _source);

    /// <summary>Does nothing: the model belongs to whoever loaded it.</summary>
    public void Dispose()
    {
    }

    private int[] Encode(GemmaModel model, GemmaTokenizer tokenizer, ClassificationInput input, int index)
    {
        if (input.TokenIds is not null) return new InputEncoder(model, default).Encode(input, index).Ids;
        var text = input.Messages is { } messages ? string.Join('\n', messages.Select(message => $"{message.Role}: {message.Text}")) : input.Text;
        if (string.IsNullOrEmpty(text)) throw new ClassificationInputException(index, "the text is empty; leave it out or give a text");
        if (input.TextPair is not null && !_settings.Prompt.Contains(Pair, StringComparison.Ordinal))
            throw new ClassificationInputException(index, $"the question has no place for the second text; put {Pair} into it, or leave the text out");
        if (!_settings.UseChatTemplate)
        {
            return new PromptEncoder(tokenizer)
                .Encode([.. ControlTokenParts(tokenizer, _settings.Prompt)
                    .Select(part => part.IsControl ? part : part with { Text = Fill(part.Text, text, input.TextPair) })]);
        }
        var template = model.ChatTemplate ?? throw new NotSupportedException($"'{model.ModelId}' has no chat template; set UseChatTemplate to false.");
        return new PromptEncoder(tokenizer)
            .Encode(ConversationPrompt.Render(template, new ChatTemplateRequest([new ChatTurn("user", Fill(_settings.Prompt, text, input.TextPair))])));
    }

    // The question is read whole: what a head's texts may be cut to has no meaning here.
    private static void Refuse(string option, bool isSet)
    {
        if (isSet) throw new ArgumentException($"{nameof(ClassificationOptions)}.{option} is not for labels that a chat model compares; leave it out.");
    }

    // The question is the application's own text, so its turns count; what a text says about turns or placeholders stays text.
    private static IEnumerable<PromptPart> ControlTokenParts(GemmaTokenizer tokenizer, string prompt)
    {
        var text = 0;
        for (var start = prompt.IndexOf('<', StringComparison.Ordinal); start >= 0; start = prompt.IndexOf('<', start + 1))
        {
            var end = prompt.IndexOf('>', start) + 1;
            if (end == 0) break;
            var token = prompt[start..end];
            if (tokenizer.GetTokenId(token) is not { } id || !tokenizer.IsControlToken(id)) continue;
            if (start > text) yield return new PromptPart(prompt[text..start], false);
            yield return new PromptPart(token, true);
            text = end;
        }

        if (text < prompt.Length) yield return new PromptPart(prompt[text..], false);
    }

    private string Fill(string question, string text, string? textPair)
    {
        question = question.Replace("{labels}", string.Join(", ", _settings.Labels), StringComparison.Ordinal);
        return string.Join(text, question.Split("{text}").Select(part => part.Replace(Pair, textPair ?? string.Empty, StringComparison.Ordinal)));
    }
}

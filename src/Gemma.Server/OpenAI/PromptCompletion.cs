using System.Runtime.CompilerServices;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>The answers to one prompt of a request. What is wrong with the prompt is found when it is created; nothing runs before that is asked for.</summary>
internal sealed class PromptCompletion
{
    private readonly CompletionRequest _completion;
    private readonly GemmaModel _model;
    private readonly string? _text;
    private readonly int[] _ids;
    private readonly CancellationToken _cancellationToken;
    private readonly IAsyncEnumerable<GenerationUpdate>? _updates;

    /// <summary>Checks a prompt.</summary>
    /// <param name="completion">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="index">Which of the request's prompts.</param>
    /// <param name="ids">The prompt's tokens.</param>
    /// <param name="cancellationToken">Ends what runs.</param>
    public PromptCompletion(CompletionRequest completion, GemmaModel model, int index, int[] ids, CancellationToken cancellationToken)
    {
        (_completion, _model, _ids, _cancellationToken) = (completion, model, ids, cancellationToken);
        _text = completion.Prompts[index].Text;
        Choices = [.. Enumerable.Range(index * completion.Choices, completion.Choices).Select(choice => new CompletionChoice(choice, model.Tokenizer))];
        if (completion.MaxTokens == 0) return;
        _updates = completion.Suffix is { } suffix
            ? model.FillInMiddleAsync(_text!, suffix, completion.Request, cancellationToken)
            : model.GenerateAsync(ids, completion.Request, cancellationToken);
    }

    public CompletionChoice[] Choices { get; }

    public UsageDetails Usage { get; } = new();

    /// <summary>Puts the prompt in front of its answers, if that was asked for.</summary>
    public async Task EchoAsync()
    {
        if (!_completion.Echo) return;
        var score = _completion.LogProbabilities is { } count
            ? await _model.ScoreAsync(_ids, new ScoringRequest { Alternatives = count }, _cancellationToken).ConfigureAwait(false)
            : null;
        foreach (var choice in Choices) choice.Echo(_text, _ids, score);
    }

    /// <summary>Yields an answer each time that it has something new.</summary>
    public async IAsyncEnumerable<CompletionChoice> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (_updates is null)
        {
            Usage.Add(new UsageDetails { InputTokenCount = _ids.Length, TotalTokenCount = _ids.Length });
            foreach (var choice in Choices) choice.End(GenerationFinishReason.Length);
        }

        foreach (var choice in Choices.Where(choice => choice.HasNews)) yield return choice;
        if (_updates is null) yield break;
        await foreach (var update in _updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var choice = Choices[update.Sequence];
            choice.Add(update);
            if (update.Summary is { } summary) Count(summary, isFirst: update.Sequence == 0);
            if (choice.HasNews) yield return choice;
        }
    }

    // Several answers have one prompt, which is counted once.
    private void Count(GenerationSummary summary, bool isFirst) => Usage.Add(new UsageDetails
    {
        InputTokenCount = isFirst ? summary.InputTokens : 0,
        OutputTokenCount = summary.OutputTokens,
        TotalTokenCount = (isFirst ? summary.InputTokens : 0) + summary.OutputTokens,
        CachedInputTokenCount = isFirst ? summary.CachedInputTokens : 0,
    });
}

using Gemma.Runtime.Generation;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>One answer as it is generated: its text and calls as updates, and what is known when it is complete.</summary>
/// <param name="response">What all updates of the response have in common.</param>
/// <param name="index">Which of the request's answers, from 0.</param>
/// <param name="parser">Makes contents of the text.</param>
internal sealed class ChatAnswer(ChatResponseShape response, int index, ReplyParser parser)
{
    private readonly List<TokenChoice> _choices = [];
    private bool _hasCalls;

    /// <summary>How many of its tokens were thoughts, or the marks around them.</summary>
    public long ReasoningTokens { get; private set; }

    /// <summary>What the answer used; set with its last update.</summary>
    public GenerationSummary? Summary { get; private set; }

    /// <summary>The updates that a step of the generation gives; the last one is complete but for the usage.</summary>
    public IEnumerable<ChatResponseUpdate> Take(GenerationUpdate step)
    {
        if (step.Choice is { } choice) _choices.Add(choice);
        object? raw = null;
        foreach (var content in Contents(step))
        {
            _hasCalls |= content is FunctionCallContent;
            yield return response.CreateUpdate(index, content, raw ??= step);
        }

        // A token that has no text yet still has its probability.
        if (raw is null && step.Choice is not null) yield return response.CreateUpdate(index, null, step);
        if (step.Summary is { } summary) yield return Last(summary);
    }

    private IEnumerable<AIContent> Contents(GenerationUpdate step)
    {
        var wasInThought = parser.IsInThought;
        var contents = parser.Append(step.Text);
        if (step.TokenId is not null && (wasInThought || parser.IsInThought)) ReasoningTokens++;
        return step.Summary is null ? contents : [.. contents, .. parser.Flush()];
    }

    private ChatResponseUpdate Last(GenerationSummary summary)
    {
        Summary = summary;
        var update = response.CreateUpdate(index, null, summary);

        // Where the room ran out calls may be missing, or be cut.
        update.FinishReason = _hasCalls && summary.FinishReason != GenerationFinishReason.Length
            ? ChatFinishReason.ToolCalls
            : new ChatFinishReason(summary.FinishReason.ToName());

        // Semantic Kernel passes a message's properties on, but not its finish reason.
        update.AdditionalProperties = new AdditionalPropertiesDictionary
        {
            ["FinishReason"] = update.FinishReason.Value.Value,
            ["TimeToFirstTokenMs"] = summary.TimeToFirstToken.TotalMilliseconds,
            ["TokensPerSecond"] = summary.TokensPerSecond,
        };
        if (_choices.Count > 0) update.AdditionalProperties[GemmaChatClient.LogProbabilitiesKey] = _choices;
        return update;
    }
}

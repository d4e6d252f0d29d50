using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Makes contents of a model's reply while it is written: thoughts, calls and text. How the text is cut into pieces makes no difference. For one reply and one
/// thread.
/// </summary>
/// <param name="thoughts">Tells thoughts from the answer, or null.</param>
/// <param name="calls">Finds calls in the answer, or null.</param>
internal sealed class ReplyParser(ThoughtSplitter? thoughts, ToolCallParser? calls)
{
    /// <summary>Whether thoughts are contents too; if not, they are left out.</summary>
    public bool ShowsThoughts { get; init; } = true;

    /// <summary>Whether the reply is over because its one call is complete; more text is ignored.</summary>
    public bool IsFinished => calls?.IsFinished == true;

    /// <summary>Whether the text so far ends in a thought.</summary>
    public bool IsInThought => thoughts?.IsInThought == true;

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>What is certain now.</returns>
    public IReadOnlyList<AIContent> Append(string text) => text.Length == 0 ? [] : thoughts is null ? Answer(text) : Divide(thoughts.Append(text));

    /// <summary>Ends the reply.</summary>
    public IReadOnlyList<AIContent> Flush() => [.. Divide(thoughts?.Flush() ?? []), .. calls?.Flush() ?? []];

    private AIContent[] Divide(IReadOnlyList<AIContent> contents) =>
        [.. contents.SelectMany(content => content is TextReasoningContent thought ? Thought(thought.Text) : Answer(((TextContent)content).Text))];

    private IReadOnlyList<AIContent> Thought(string text) => ShowsThoughts ? [new TextReasoningContent(ReplyMarks.Strip(text))] : [];

    private IReadOnlyList<AIContent> Answer(string text)
    {
        if (calls is not null) return calls.Append(text);
        var shown = ReplyMarks.Strip(text);
        return shown.Length == 0 ? [] : [new TextContent(shown)];
    }
}

namespace Gemma.Runtime.Prompts;

/// <summary>A prompt as a template rendered it. Immutable.</summary>
public sealed class RenderedPrompt
{
    private string? _text;

    /// <summary>Creates a prompt.</summary>
    /// <param name="parts">The parts in order.</param>
    /// <param name="spans">Which of the text is input, in order.</param>
    /// <param name="isComplete">Whether the template alone decides about a BOS.</param>
    public RenderedPrompt(IReadOnlyList<PromptPart> parts, IReadOnlyList<PromptSpan> spans, bool isComplete)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(spans);
        (Parts, Spans, IsComplete) = (parts, spans, isComplete);
    }

    /// <summary>The parts in order; joined they are <see cref="Text"/>.</summary>
    public IReadOnlyList<PromptPart> Parts { get; }

    /// <summary>Which of the text is input, in order; neighbours of one source are apart where it was not copied in one go.</summary>
    public IReadOnlyList<PromptSpan> Spans { get; }

    /// <summary>Whether the template alone decides about a BOS, as in transformers; otherwise the prompt gets exactly one.</summary>
    public bool IsComplete { get; }

    /// <summary>The text: what transformers' <c>apply_chat_template(tokenize=False)</c> gives.</summary>
    public string Text => _text ??= string.Concat(Parts.Select(part => part.Text));
}

using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Inputs;

/// <summary>What is classified: a text, a pair of texts, a conversation, or token ids.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ClassificationInput
{
    private ClassificationInput()
    {
    }

    /// <summary>The text, or null.</summary>
    public string? Text { get; private init; }

    /// <summary>The second text of a pair, or null.</summary>
    public string? TextPair { get; private init; }

    /// <summary>The conversation, or null.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; private init; }

    /// <summary>The ids, or null.</summary>
    public ReadOnlyMemory<int>? TokenIds { get; private init; }

    /// <summary>A text becomes a text input.</summary>
    public static implicit operator ClassificationInput(string text) => FromText(text);

    /// <summary>A text; a BOS is put in front, as the tokenizer's configuration says.</summary>
    /// <param name="text">The text.</param>
    public static ClassificationInput FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new() { Text = text };
    }

    /// <summary>A pair such as query and document: <c>&lt;bos&gt;</c> text <c>&lt;bos&gt;</c> pair, as Gemma's tokenizer joins them.</summary>
    /// <param name="text">The first text.</param>
    /// <param name="textPair">The second text.</param>
    public static ClassificationInput FromPair(string text, string textPair)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(textPair);
        return new() { Text = text, TextPair = textPair };
    }

    /// <summary>
    /// A conversation; the model's chat template turns it into a text, without the beginning of a further answer, as reward models are trained.
    /// </summary>
    /// <param name="messages">The messages; only their text counts.</param>
    public static ClassificationInput FromMessages(IEnumerable<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return new() { Messages = [.. messages] };
    }

    /// <summary>Token ids, used as they are.</summary>
    /// <param name="ids">The ids; padding at the end is skipped by pooling.</param>
    public static ClassificationInput FromTokens(ReadOnlyMemory<int> ids) => new() { TokenIds = ids };

    /// <summary>Token ids of a padded batch: masked positions at both ends are dropped, which changes nothing (only differences of positions count).</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="attentionMask">One per id: 0 hides it.</param>
    /// <exception cref="ArgumentException">The lengths differ, nothing is visible, or a hidden id lies between visible ones.</exception>
    public static ClassificationInput FromTokens(ReadOnlyMemory<int> ids, ReadOnlySpan<int> attentionMask)
    {
        if (ids.Length != attentionMask.Length)
            throw new ArgumentException($"The mask has {attentionMask.Length} elements for {ids.Length} ids.", nameof(attentionMask));
        var first = attentionMask.IndexOfAnyExcept(0);
        if (first < 0) throw new ArgumentException("The mask hides every id: such a row has no defined result.", nameof(attentionMask));
        var end = attentionMask.LastIndexOfAnyExcept(0) + 1;
        if (attentionMask[first..end].Contains(0))
            throw new ArgumentException("The mask hides an id between visible ones; only padding at the ends can be hidden.", nameof(attentionMask));
        return FromTokens(ids[first..end]);
    }
}

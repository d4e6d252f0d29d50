using Gemma.Runtime.Chat;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>
/// The answers of a request. Several are told apart by their messages' ids; a single one may have several messages, where a middleware calls functions in
/// between.
/// </summary>
/// <param name="count">How many answers.</param>
/// <param name="tokenizer">The model's tokenizer, once it is loaded.</param>
internal sealed class ChatChoices(int count, Func<GemmaTokenizer?> tokenizer)
{
    private readonly Dictionary<string, ChatChoice> _byMessage = new(StringComparer.Ordinal);

    public ChatChoice[] All { get; } = [.. Enumerable.Range(0, count).Select(index => new ChatChoice(index, tokenizer))];

    /// <summary>The answer that an update belongs to.</summary>
    public ChatChoice Find(ChatResponseUpdate update)
    {
        if (All.Length == 1 || update.MessageId is not { } id) return All[0];
        if (ChatResponseShape.FindAnswer(update) is { } answer && answer < All.Length) return All[answer];
        if (!_byMessage.TryGetValue(id, out var choice)) _byMessage.Add(id, choice = All[Math.Min(_byMessage.Count, All.Length - 1)]);
        return choice;
    }
}

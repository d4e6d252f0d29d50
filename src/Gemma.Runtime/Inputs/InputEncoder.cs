using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tokenization;

namespace Gemma.Runtime.Inputs;

/// <summary>Turns inputs into token ids, within the limits of the model and the options.</summary>
/// <param name="model">The model.</param>
/// <param name="limits">Limits, and whether control tokens count.</param>
/// <param name="truncationOption">The caller's option that has longer texts cut, for messages.</param>
/// <param name="allowsEmpty">Whether an empty text is the tokens that every text begins and ends with; otherwise it is refused.</param>
internal sealed class InputEncoder(GemmaModel model, InputLimits limits, string truncationOption = "ClassificationOptions.TruncationSide",
    bool allowsEmpty = false)
{
    private readonly int _maxLength = Math.Min(limits.MaxLength ?? int.MaxValue, model.ContextLength);

    /// <summary>Encodes an input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="index">Its place in the call, for messages.</param>
    /// <exception cref="ClassificationInputException">The text is empty, or the ids are not the model's.</exception>
    /// <exception cref="GemmaContextLengthException">There are too many tokens.</exception>
    public EncodedText Encode(ClassificationInput input, int index)
    {
        var encoded = Read(input, index);
        foreach (var id in encoded.Ids)
        {
            if ((uint)id >= (uint)model.Package.VocabSize)
            {
                throw new ClassificationInputException(index,
                    $"{model.Describe(id)} is outside the vocabulary of {model.Package.VocabSize}; use the model's own tokenizer");
            }
        }

        return encoded;
    }

    private EncodedText Read(ClassificationInput input, int index)
    {
        if (input is null) throw new ClassificationInputException(index, "it is null; give a text, a conversation or ids");
        if (input.TokenIds is { } ids) return EncodeIds(ids.Span, index);
        if (input.Messages is { } messages)
        {
            if (messages.Count == 0) throw new ClassificationInputException(index, "the conversation is empty; give at least one message");
            var template = model.ChatTemplate
                ?? throw (model.Tokenizer is null
                    ? NoTokenizer(index)
                    : new ClassificationInputException(index,
                        "the model has no chat template and no turn tokens; give a text, or a template (option ChatTemplate)"));
            var request = new ChatTemplateRequest(ChatPrompt.Create(messages, null, [], model.UnreadableContent, model.ToolFormat))
            {
                AddGenerationPrompt = false,
            };
            var prompt = new PromptEncoder(Tokenizer(index), limits.RecognizeControlTokens).Encode(ConversationPrompt.Render(template, request));
            var bos = Tokenizer(index).BosTokenId is { } id && prompt is [var first, ..] && first == id ? 1 : 0;
            return Cut(prompt[..bos], prompt.AsSpan(bos), []);
        }

        if (string.IsNullOrEmpty(input.Text) && allowsEmpty) return EncodeEmpty(index);
        if (string.IsNullOrEmpty(input.Text)) throw new ClassificationInputException(index, "the text is empty; leave it out or give a text");
        return string.IsNullOrEmpty(input.TextPair) ? EncodeText(input.Text, index) : EncodePair(input.Text, input.TextPair, index);
    }

    private static ClassificationInputException NoTokenizer(int index) =>
        new(index, "the package has no tokenizer files, so it takes token ids only; give ids, or convert a checkpoint that has its tokenizer");

    private GemmaTokenizer Tokenizer(int index) => model.Tokenizer ?? throw NoTokenizer(index);

    private EncodedText EncodeIds(ReadOnlySpan<int> ids, int index)
    {
        if (ids.IsEmpty) throw new ClassificationInputException(index, "there are no token ids; give at least one");
        return Cut([], ids, []);
    }

    private EncodedText EncodeEmpty(int index)
    {
        var tokenizer = Tokenizer(index);
        int[] ids = [.. Before(tokenizer), .. After(tokenizer)];
        if (ids.Length == 0 && tokenizer.BosTokenId is { } bos) ids = [bos];
        return ids.Length > 0
            ? new EncodedText(ids, false)
            : throw new ClassificationInputException(index, "the text is empty, and the tokenizer has no token to begin it with; leave it out or give a text");
    }

    private EncodedText EncodeText(string text, int index)
    {
        var tokenizer = Tokenizer(index);
        return Cut(Before(tokenizer), tokenizer.Encode(text, addSpecialTokens: false, limits.RecognizeControlTokens), After(tokenizer));
    }

    private EncodedText EncodePair(string text, string textPair, int index)
    {
        var tokenizer = Tokenizer(index);
        var (before, after) = (Before(tokenizer), After(tokenizer));
        var first = tokenizer.Encode(text, addSpecialTokens: false, limits.RecognizeControlTokens);
        var second = tokenizer.Encode(textPair, addSpecialTokens: false, limits.RecognizeControlTokens);
        var special = 2 * (before.Length + after.Length);
        var length = first.Length + second.Length + special;
        var isTruncated = length > _maxLength;
        var side = Side(length);
        var (keepFirst, keepSecond) = TextTruncation.Share(first.Length, second.Length, Math.Max(0, _maxLength - special));
        return new EncodedText([.. before, .. TextTruncation.Cut(first, keepFirst, side), .. after, .. before, .. TextTruncation.Cut(second, keepSecond, side),
            .. after], isTruncated);
    }

    private EncodedText Cut(int[] before, ReadOnlySpan<int> text, int[] after)
    {
        var length = before.Length + text.Length + after.Length;
        if (length <= _maxLength) return new EncodedText([.. before, .. text, .. after], false);
        var kept = TextTruncation.Cut(text, Math.Max(0, _maxLength - before.Length - after.Length), Side(length));
        return new EncodedText([.. before, .. kept, .. after], true);
    }

    private TokenizerSide Side(int length) =>
        length <= _maxLength
            ? TokenizerSide.Right
            : limits.TruncationSide
                ?? throw new GemmaContextLengthException(
                    $"The text has {length} tokens, but at most {_maxLength} are read; shorten it, or set {truncationOption} to have it cut.");

    private static int[] Before(GemmaTokenizer tokenizer) => tokenizer is { AddBosToken: true, BosTokenId: { } bos } ? [bos] : [];

    private static int[] After(GemmaTokenizer tokenizer) => tokenizer is { AddEosToken: true, EosTokenId: { } eos } ? [eos] : [];
}

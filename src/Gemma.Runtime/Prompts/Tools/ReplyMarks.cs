using System.Globalization;
using System.Text;
using Gemma.Runtime.Prompts.Jinja;
using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// The marks by which a model's replies show calls and thoughts. Where a mark is a control token of the vocabulary only the token counts, not its letters: it
/// stands in the text as one of Unicode's noncharacters, so no text that a model quotes can open a call.
/// </summary>
internal sealed class ReplyMarks
{
    /// <summary>The first character that stands for a control token.</summary>
    public const char First = '\uFDD0';

    /// <summary>The last of them.</summary>
    public const char Last = '\uFDEF';

    /// <summary>The first byte of what stands for a control token in grammars.</summary>
    public const byte NoUtf8 = 0xFF;

    private ThoughtMarks? _thoughtTexts;

    private ReplyMarks()
    {
    }

    /// <summary>No marks but those that are plain text: all notations, and no thoughts.</summary>
    public static ReplyMarks Text { get; } = new() { Notations = CallNotation.All };

    /// <summary>The notations of calls.</summary>
    public required IReadOnlyList<CallNotation> Notations { get; init; }

    /// <summary>The tags of calls in JSON.</summary>
    public CallTags Tags { get; private init; } = CallTags.Hermes;

    /// <summary>What is around thoughts, or null for a model without.</summary>
    public ThoughtMarks? Thoughts { get; private init; }

    /// <summary>The control tokens and the characters that stand for them.</summary>
    public IReadOnlyDictionary<int, char> Tokens { get; private init; } = new Dictionary<int, char>();

    /// <summary>Whether a character stands for a control token.</summary>
    public static bool IsMark(char c) => c is >= First and <= Last;

    /// <summary>The text without characters that stand for control tokens: they are no text.</summary>
    public static string Strip(string text) => text.AsSpan().ContainsAnyInRange(First, Last) ? string.Concat(text.Where(c => !IsMark(c))) : text;

    /// <summary>
    /// A text's bytes as grammars read them: UTF-8, and for a character that stands for a control token the two bytes of <see cref="TokenBytes"/>.
    /// </summary>
    public static byte[] Bytes(string text) => [.. text.SelectMany(c => IsMark(c) ? TokenBytes(c) : Encoding.UTF8.GetBytes([c]))];

    /// <summary>The bytes that stand for a control token; UTF-8 never has the first of them.</summary>
    public static byte[] TokenBytes(char mark) => [NoUtf8, (byte)(mark - First)];

    /// <summary>The marks of a model.</summary>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="template">Its chat template, if that is interpreted.</param>
    public static ReplyMarks Create(GemmaTokenizer tokenizer, JinjaTemplate? template)
    {
        var tokens = new Dictionary<int, char>();
        var used = ThoughtMarks.All.FirstOrDefault(marks => template?.Writes(marks.Open) == true || Token(marks.Open) is not null);
        return new ReplyMarks
        {
            Notations = [.. CallNotation.All.Select(notation => new CallNotation(Mark(notation.Open), Mark(notation.Close), Mark(notation.Quote)))],
            Tags = new CallTags(Mark(CallTags.Hermes.Open), Mark(CallTags.Hermes.Close)),
            Thoughts = used is null ? null : used with { Open = Mark(used.Open), Close = Mark(used.Close) },
            _thoughtTexts = used,
            Tokens = tokens,
        };

        int? Token(string text) => tokenizer.GetTokenId(text) is { } id && tokenizer.IsSpecialToken(id) ? id : null;

        string Mark(string text)
        {
            if (Token(text) is not { } id) return text;
            if (!tokens.TryGetValue(id, out var mark)) tokens.Add(id, mark = (char)(First + tokens.Count));
            return mark.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Whether a prompt ends inside a thought that its template has begun. What users, tools and documents write begins none.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="isContinued">Whether it ends with a message of the assistant that goes on: that one may have begun a thought too.</param>
    public bool EndsInThought(RenderedPrompt prompt, bool isContinued)
    {
        if (_thoughtTexts is not { } marks) return false;
        var own = IsMark(Thoughts!.Open[0]) && !(isContinued && prompt.Spans.Count > 0)
            ? string.Concat(prompt.Parts.Where(part => part.IsControl).Select(part => part.Text))
            : AfterInput(prompt, isContinued);
        return own.LastIndexOf(marks.Open, StringComparison.Ordinal) > own.LastIndexOf(marks.Close, StringComparison.Ordinal);
    }

    // What the template writes behind the last input; the message that is continued is none.
    private static string AfterInput(RenderedPrompt prompt, bool isContinued)
    {
        var spans = prompt.Spans;
        var count = spans.Count;
        while (isContinued && count > 0 && spans[count - 1].Source == spans[^1].Source) count--;
        return prompt.Text[(count == 0 ? 0 : spans[count - 1].End)..];
    }
}

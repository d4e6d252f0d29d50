using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts;

/// <summary>
/// Ends a prompt where the last message's text does, as transformers' <c>continue_final_message</c>: with a mark behind the text, and a cut before the mark.
/// </summary>
internal static class FinalMessage
{
    private const string Mark = "CONTINUE_FINAL_MESSAGE_TAG";

    /// <summary>The messages with the mark.</summary>
    /// <exception cref="ChatTemplateException">The last message has no text.</exception>
    public static (ListValue Messages, TextValue Text) AddMark(JinjaValue messages)
    {
        if (messages is not ListValue { Items: [.., DictValue last] } list) throw ChatTemplateException.At(null, "there is no message to continue");
        var (content, text) = Marked(last.Find("content"));
        return (new ListValue([.. list.Items.SkipLast(1), With(last, "content", content)]), text);
    }

    /// <summary>The prompt up to the mark.</summary>
    /// <exception cref="ChatTemplateException">The template does not write the message.</exception>
    public static TextValue Cut(RenderRun run, TextValue rendered, TextValue text)
    {
        var flat = run.Flat(rendered);
        var mark = flat.LastIndexOf(Mark, StringComparison.Ordinal);
        if (mark < 0 || !flat.Contains(PythonText.Strip(run.Flat(text)), StringComparison.Ordinal))
            throw ChatTemplateException.At(null, "the final message cannot be continued: it is not in what the template writes");
        var isTrimmed = mark + Mark.Length >= flat.Length || flat[mark + Mark.Length] != ' ';
        return rendered.Slice(run, 0, isTrimmed ? PythonText.TrimEnd(flat.AsSpan(0, mark)).Length : mark);
    }

    private static (JinjaValue Content, TextValue Text) Marked(JinjaValue? content)
    {
        if (content is TextValue text) return (Marked(text), text);
        if (content is ListValue parts)
        {
            for (var i = parts.Items.Count - 1; i >= 0; i--)
            {
                if (parts.Items[i] is not DictValue part || part.Find("text") is not TextValue partText) continue;
                return (new ListValue([.. parts.Items.Take(i), With(part, "text", Marked(partText)), .. parts.Items.Skip(i + 1)]), partText);
            }
        }

        throw ChatTemplateException.At(null, "the final message cannot be continued: it has no text");
    }

    private static TextValue Marked(TextValue text) => TextValue.Concat(text, TextValue.From(Mark + " ", TextOrigin.Written, -1), isMarkup: false);

    private static DictValue With(DictValue dict, string name, JinjaValue value)
    {
        var copy = new DictValue();
        foreach (var (key, own) in dict.Items) copy.Set(key, own);
        copy.Set(name, value);
        return copy;
    }
}

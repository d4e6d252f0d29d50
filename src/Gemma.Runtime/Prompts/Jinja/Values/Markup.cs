namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Texts that are safe HTML.</summary>
internal static class Markup
{
    /// <summary>A text, escaped unless it is safe already.</summary>
    public static TextValue Escape(RenderRun run, TextValue text) => text.IsMarkup ? text : ForceEscape(run, text);

    /// <summary>A text, escaped.</summary>
    public static TextValue ForceEscape(RenderRun run, TextValue text) => TextMap.Apply(run, text, static (source, index, length, _) => source[index] switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\'' => "&#39;",
        '"' => "&#34;",
        _ => source.Slice(index, length),
    }).As(isMarkup: true);

    /// <summary>A text as an operand beside another: escaped if that one is safe and this is not.</summary>
    public static TextValue Beside(RenderRun run, TextValue safe, TextValue text) => safe.IsMarkup ? Escape(run, text) : text;
}

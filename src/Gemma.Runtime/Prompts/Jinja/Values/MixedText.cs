namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Texts in which one cannot say any more which letter came from where: the template's only if all was.</summary>
internal static class MixedText
{
    /// <summary>A text made from others.</summary>
    public static TextValue From(RenderRun run, string text, params ReadOnlySpan<TextValue> sources)
    {
        run.ChargeText(text.Length);
        foreach (var source in sources)
        {
            if (!IsTemplate(run, source)) return TextValue.From(text, TextOrigin.Written, -1);
        }

        return TextValue.FromTemplate(text);
    }

    /// <summary>Whether the template wrote all of a text.</summary>
    public static bool IsTemplate(RenderRun run, TextValue text)
    {
        foreach (var piece in run.Pieces(text))
        {
            if (!piece.Origin.IsTemplate) return false;
        }

        return true;
    }
}

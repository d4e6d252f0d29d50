using System.Text;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts;

/// <summary>Turns a rendered text into parts: control tokens only where the template wrote all of one without a break.</summary>
internal static class RopeParts
{
    /// <summary>The prompt.</summary>
    /// <param name="text">The rendered text.</param>
    /// <param name="tokens">The tokenizer's control tokens; null if there is no tokenizer.</param>
    public static RenderedPrompt ToPrompt(TextValue text, ControlTokenFinder? tokens)
    {
        List<PromptPart> parts = [];
        List<PromptSpan> spans = [];
        var run = new StringBuilder();
        var (at, isTemplate) = (0, true);
        TextPiece? last = null;
        foreach (var piece in text.Pieces)
        {
            if (piece.Origin.IsTemplate != isTemplate) Close(parts, run, isTemplate, tokens);
            isTemplate = piece.Origin.IsTemplate;
            run.Append(piece.Span);
            if (!ReferenceEquals(piece.Origin, TextOrigin.Template)) AddSpan(spans, last, piece, at);
            last = piece;
            at += piece.Length;
        }

        Close(parts, run, isTemplate, tokens);
        return new RenderedPrompt(parts, spans, isComplete: true);
    }

    private static void AddSpan(List<PromptSpan> spans, TextPiece? last, TextPiece piece, int at)
    {
        if (last is { } before && before.IsContinuedBy(piece)) spans[^1] = spans[^1] with { End = at + piece.Length };
        else spans.Add(new PromptSpan(at, at + piece.Length, piece.Origin.Source));
    }

    private static void Close(List<PromptPart> parts, StringBuilder run, bool isTemplate, ControlTokenFinder? tokens)
    {
        if (run.Length == 0) return;
        var text = run.ToString();
        run.Clear();
        if (!isTemplate || tokens is null)
        {
            parts.Add(new PromptPart(text, IsControl: false));
            return;
        }

        for (var at = 0; at < text.Length;)
        {
            var (start, length) = tokens.Next(text, at);
            if (start > at) parts.Add(new PromptPart(text[at..start], IsControl: false));
            if (length > 0) parts.Add(new PromptPart(text.Substring(start, length), IsControl: true));
            at = start + length;
        }
    }
}

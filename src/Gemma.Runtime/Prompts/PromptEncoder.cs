using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>Turns a rendered prompt into ids. Thread-safe.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="recognizeControlTokens">Whether control tokens written in messages become such, as in transformers. Off, no text of a user, a tool or a
/// document can forge a turn.</param>
public sealed class PromptEncoder(GemmaTokenizer tokenizer, bool recognizeControlTokens = false)
{
    /// <summary>Encodes a prompt.</summary>
    /// <remarks>
    /// What lies between two control parts is encoded as one text without control tokens, so the ids are those of transformers for every conversation that does
    /// not contain control text, and text in several parts cannot join to a control token.
    /// </remarks>
    /// <param name="parts">The parts that a template rendered.</param>
    /// <returns>The ids, with exactly one BOS at the begin.</returns>
    /// <exception cref="ChatTemplateException">The vocabulary lacks a control token of the template.</exception>
    public int[] Encode(IReadOnlyList<PromptPart> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var ids = EncodeParts(parts);
        if (tokenizer.BosTokenId is not { } bos) return [.. ids];
        var begin = 0;
        while (begin < ids.Count && ids[begin] == bos) begin++;
        return [bos, .. ids[begin..]];
    }

    /// <summary>Encodes a prompt; a complete one gets no BOS that its template did not write, as in transformers.</summary>
    /// <param name="prompt">The prompt that a template rendered.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="ChatTemplateException">The vocabulary lacks a control token of the template.</exception>
    public int[] Encode(RenderedPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt.IsComplete ? [.. EncodeParts(prompt.Parts)] : Encode(prompt.Parts);
    }

    private List<int> EncodeParts(IReadOnlyList<PromptPart> parts)
    {
        CheckControlParts(parts);
        List<int> ids = [];
        if (recognizeControlTokens)
        {
            ids.AddRange(tokenizer.Encode(string.Concat(parts.Select(part => part.Text)), addSpecialTokens: false, recognizeControlTokens: true));
        }
        else
        {
            for (var i = 0; i < parts.Count;)
            {
                var end = i + 1;
                while (end < parts.Count && parts[end].IsControl == parts[i].IsControl) end++;
                var text = string.Concat(parts.Skip(i).Take(end - i).Select(part => part.Text));
                if (!parts[i].IsControl) text = tokenizer.Strip(text, i > 0 ? parts[i - 1].Text : null, end < parts.Count ? parts[end].Text : null);
                ids.AddRange(parts[i].IsControl
                    ? tokenizer.EncodeScaffold(text)
                    : tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false));
                i = end;
            }
        }

        return ids;
    }

    private void CheckControlParts(IReadOnlyList<PromptPart> parts)
    {
        foreach (var part in parts)
        {
            if (part is { IsControl: true, Text: ['<', .., '>'] }
                && tokenizer.GetTokenId(part.Text) is null
                && part.Text.AsSpan(1).IndexOfAny('<', '>') == part.Text.Length - 2)
                throw new ChatTemplateException($"The vocabulary has no '{part.Text}', so the model cannot chat; give it raw prompts.");
        }
    }
}

using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Cli.Infrastructure;

/// <summary>Warns of raw prompts that contain the text of control tokens, which is read as plain text unless the line or the command says otherwise.</summary>
/// <param name="tokenizer">The model's tokenizer, or null.</param>
/// <param name="error">Receives the warnings.</param>
/// <param name="recognizesControlTokens">Whether the command reads them as control tokens.</param>
internal sealed class ControlTextWarning(GemmaTokenizer? tokenizer, TextWriter error, bool recognizesControlTokens)
{
    private readonly Lazy<ControlTokenFinder?> _finder = new(() => tokenizer is null ? null : new ControlTokenFinder(tokenizer));

    /// <summary>Whether the command reads them as control tokens where the line does not say.</summary>
    public bool RecognizesControlTokens => recognizesControlTokens;

    /// <summary>Checks a line's text.</summary>
    public void Check(JsonLine line, string key)
    {
        if (recognizesControlTokens
            || line.Find("recognize_control_tokens") is not null
            || line.Find(key) is not { ValueKind: JsonValueKind.String } value
            || _finder.Value is not { } finder) return;
        var text = JsonText.Read(value);
        if (FillInMiddle.IsPrompt(tokenizer!, text))
        {
            error.WriteLine(
                $"warning: line {line.Number}: {key}: only the control tokens of filling in the middle are read as such, because the text ends with one; say "
                    + $"\"recognize_control_tokens\": true or false, or give prefix and suffix.");
            return;
        }

        var (start, length) = finder.Next(text, 0);
        if (length > 0)
        {
            error.WriteLine(
                $"warning: line {line.Number}: {key}: '{text.Substring(start, length)}' is read as plain text, not as a control token; say "
                    + $"\"recognize_control_tokens\": true if it is one.");
        }
    }
}

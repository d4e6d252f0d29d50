using Gemma.Tokenization;

namespace Gemma.Runtime.Generation.Stopping;

/// <summary>Makes text of one sequence's tokens, as soon as it is certain, up to a stop string.</summary>
/// <param name="stopStrings">Texts that end the sequence and are not part of it.</param>
/// <param name="tokenizer">Makes text of tokens; null: there is none.</param>
/// <param name="includeSpecialTokens">Whether control tokens appear.</param>
/// <param name="marks">Control tokens that appear in any case, each as one character; or null.</param>
internal sealed class SequenceText(IReadOnlyList<string> stopStrings, GemmaTokenizer? tokenizer, bool includeSpecialTokens,
    IReadOnlyDictionary<int, char>? marks)
{
    private readonly StopSequenceMatcher _stops = new(stopStrings);
    private readonly StreamingDecoder? _decoder = tokenizer?.CreateDecoder(skipSpecialTokens: !includeSpecialTokens);

    /// <summary>Whether a stop string ended the text.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Takes a token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="isStop">Whether it ends the sequence.</param>
    /// <returns>The text that became certain.</returns>
    public string Append(int token, bool isStop)
    {
        var text = isStop && !includeSpecialTokens ? string.Empty : Decode(token);
        text = _stops.Append(text, out var stopped);
        IsStopped = stopped;
        return text;
    }

    private string Decode(int token)
    {
        if (_decoder is null) return string.Empty;
        return marks is not null && marks.TryGetValue(token, out var mark) ? _decoder.Flush() + mark : _decoder.Append(token);
    }

    /// <summary>The text that was held back, after the last token.</summary>
    public string Flush()
    {
        if (IsStopped) return string.Empty;
        var rest = _stops.Append(_decoder?.Flush() ?? string.Empty, out var stopped);
        IsStopped = stopped;
        return stopped ? rest : rest + _stops.Flush();
    }
}

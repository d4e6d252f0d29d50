using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Scans a call in the notation of FunctionGemma or Gemma 4, from its opening to its closing mark. Inside a text only the text's own end counts.
/// </summary>
internal sealed class NotationScanner(ScanBuffer input, int start, ToolCallReader reader, CallNotation notation) : CallScanner(input, start, reader)
{
    private bool _isText;
    private int _matched;
    private int _blanks;
    private int _excess;

    /// <inheritdoc/>
    public override int Excess => _excess;

    /// <summary>A second closing mark is no text either.</summary>
    public override string? Closing => notation.Close;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read()
    {
        var begin = notation.Open.Length + _blanks + CallNotation.Prefix.Length;
        if (Length <= begin) return [];
        var text = Held[begin..^_excess];
        var isWhole = !_isText && text.EndsWith(notation.Close, StringComparison.Ordinal);
        return Reader.ReadNotation((isWhole ? text[..^notation.Close.Length] : text).ToString(), notation.Quote, isWhole);
    }

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (Length <= notation.Open.Length) return next == notation.Open[Length - 1] ? CallVerdict.Undecided : CallVerdict.Text;

        // After the opening mark nothing but a call makes sense; what is none is text.
        var place = Length - notation.Open.Length - 1 - _blanks;
        if (place == 0 && char.IsWhiteSpace(next))
        {
            _blanks++;
            return CallVerdict.Undecided;
        }

        if (place < CallNotation.Prefix.Length) return next == CallNotation.Prefix[place] ? CallVerdict.Undecided : CallVerdict.Text;
        if (Ends(notation.Quote)) _isText = !_isText;
        if (_isText) return CallVerdict.Undecided;
        if (Ends(notation.Close)) return CallVerdict.Complete;

        // The next call begins: this one was not closed.
        if (!Ends(notation.Open)) return CallVerdict.Undecided;
        _excess = notation.Open.Length;
        return CallVerdict.Complete;
    }

    private bool Ends(string mark)
    {
        // A mark that was counted is not part of the next one.
        if (Length - _matched < mark.Length || !Held.EndsWith(mark, StringComparison.Ordinal)) return false;
        _matched = Length;
        return true;
    }
}

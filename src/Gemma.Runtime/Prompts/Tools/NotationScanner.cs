using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Scans a call in the notation of FunctionGemma or Gemma 4, from its opening to its closing mark. Inside a text only the text's own end counts.
/// </summary>
internal sealed class NotationScanner(ScanBuffer input, int start, ToolCallReader reader, CallNotation notation) : CallScanner(input, start, reader)
{
    private bool _isText;
    private int _matched;

    /// <summary>A second closing mark is no text either.</summary>
    public override string? Closing => notation.Close;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read()
    {
        if (Length <= notation.Open.Length + CallNotation.Prefix.Length) return [];
        var text = Held[(notation.Open.Length + CallNotation.Prefix.Length)..];
        var isWhole = !_isText && text.EndsWith(notation.Close, StringComparison.Ordinal);
        return Reader.ReadNotation((isWhole ? text[..^notation.Close.Length] : text).ToString(), notation.Quote, isWhole);
    }

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (Length <= notation.Open.Length) return next == notation.Open[Length - 1] ? CallVerdict.Undecided : CallVerdict.Text;

        // After the opening mark nothing but a call makes sense; what is none is text.
        var place = Length - notation.Open.Length - 1;
        if (place < CallNotation.Prefix.Length) return next == CallNotation.Prefix[place] ? CallVerdict.Undecided : CallVerdict.Text;
        if (Ends(notation.Quote)) _isText = !_isText;
        return !_isText && Ends(notation.Close) ? CallVerdict.Complete : CallVerdict.Undecided;
    }

    private bool Ends(string mark)
    {
        // A mark that was counted is not part of the next one.
        if (Length - _matched < mark.Length || !Held.EndsWith(mark, StringComparison.Ordinal)) return false;
        _matched = Length;
        return true;
    }
}

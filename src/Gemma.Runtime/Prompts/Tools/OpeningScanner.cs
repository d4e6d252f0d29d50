using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Scans what begins as one of the marks that open a call, until it is clear which.</summary>
internal sealed class OpeningScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader, ReplyMarks marks) : CallScanner(input, start, reader)
{
    private CallScanner? _inner;

    /// <inheritdoc/>
    public override string? Closing => _inner?.Closing;

    /// <inheritdoc/>
    public override int Excess => _inner?.Excess ?? 0;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read() => _inner?.Read() ?? [];

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (_inner is not null) return _inner.Push(next);
        var isPossible = false;
        if (Matches(marks.Tags.Open, ref isPossible)) _inner = new TagScanner(Input, Start, names, Reader, marks.Tags, Reader.AllowsUnknown);
        foreach (var notation in marks.Notations)
            if (Matches(notation.Open, ref isPossible)) _inner = new NotationScanner(Input, Start, Reader, notation);
        if (_inner is not null) return Replay(_inner);
        return isPossible ? CallVerdict.Undecided : CallVerdict.Text;
    }

    private bool Matches(string mark, ref bool isPossible)
    {
        if (!mark.StartsWith(Held, StringComparison.Ordinal)) return false;
        isPossible = true;
        return mark.Length == Length;
    }
}

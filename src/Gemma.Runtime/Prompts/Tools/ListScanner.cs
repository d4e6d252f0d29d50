using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Scans what begins with a bracket: an array of call objects, or a list of calls in Python's notation, the other form of Google's guide.</summary>
internal sealed class ListScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader, bool allowUnknown) : CallScanner(input, start, reader)
{
    private CallScanner? _inner;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read() => _inner?.Read() ?? [];

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (_inner is not null) return _inner.Push(next);
        if (next == '[' && Length == 1 || char.IsWhiteSpace(next)) return CallVerdict.Undecided;
        if (next == '{') _inner = new JsonCallScanner(Input, Start, names, Reader, allowUnknown);
        else if (PythonCallScanner.IsNameStart(next)) _inner = new PythonCallScanner(Input, Start, names, Reader, isList: true);
        else return CallVerdict.Text;

        return Replay(_inner);
    }
}

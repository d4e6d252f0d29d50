using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Scans calls between <c>&lt;tool_call&gt;</c> and <c>&lt;/tool_call&gt;</c>, as Hermes and Qwen write them.</summary>
internal sealed class TagScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader, CallTags tags, bool allowUnknown)
    : CallScanner(input, start, reader)
{
    private CallScanner? _inner;

    /// <inheritdoc/>
    public override string? Closing => tags.Close;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read() => _inner?.Read() ?? [];

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (_inner is not null) return _inner.Push(next);
        if (Length <= tags.Open.Length) return next == tags.Open[Length - 1] ? CallVerdict.Undecided : CallVerdict.Text;
        if (char.IsWhiteSpace(next)) return CallVerdict.Undecided;
        if (next is not ('{' or '[')) return CallVerdict.Text;
        var place = Start + Length - 1;
        _inner = next == '{' ? new JsonCallScanner(Input, place, names, Reader, allowUnknown) : new ListScanner(Input, place, names, Reader, allowUnknown);
        return _inner.Push(next);
    }
}

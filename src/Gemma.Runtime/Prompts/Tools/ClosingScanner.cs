using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Scans what closes a block of calls, such as three backticks: it is no text.</summary>
internal sealed class ClosingScanner(ScanBuffer input, int start, ToolCallReader reader, string closing) : CallScanner(input, start, reader)
{
    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read() => [];

    /// <inheritdoc/>
    public override int Release() => 0;

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (next != closing[Length - 1]) return CallVerdict.Text;
        return Length == closing.Length ? CallVerdict.Closing : CallVerdict.Undecided;
    }
}

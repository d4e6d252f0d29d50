using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Scans a fenced block: JSON (named so or not named), whose calls are read one by one, or <c>tool_code</c>, which is read at its end.</summary>
internal sealed class FenceScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader) : CallScanner(input, start, reader)
{
    private const string Fence = "```";
    private static readonly string[] Kinds = ["json", "tool_code", "tool_call"];
    private string _kind = string.Empty;
    private bool _isOpen;
    private bool _isBlank = true;
    private int _ticks;
    private int _bodyStart;
    private CallScanner? _json;

    /// <inheritdoc/>
    public override string? Closing => _json is null ? null : Fence;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read()
    {
        if (_json is not null) return _json.Read();
        if (!_isOpen || !IsCode) return [];
        var body = Held[_bodyStart..].ToString();
        return Reader.ReadPython(body.EndsWith(Fence, StringComparison.Ordinal) ? body[..^Fence.Length] : body, keepMalformed: true);
    }

    /// <inheritdoc/>
    public override int Release() => _isOpen ? _bodyStart : Length - Held.TrimStart('`').Length;

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (_json is not null) return _json.Push(next);
        if (_isOpen) return ScanBody(next);
        if (Length <= Fence.Length) return next == '`' ? CallVerdict.Undecided : CallVerdict.Text;
        if (char.IsWhiteSpace(next) || next is '{' or '[')
        {
            if (_kind.Length != 0 && !Kinds.Contains(_kind)) return CallVerdict.Text;
            _isOpen = true;
            _bodyStart = Length - (char.IsWhiteSpace(next) ? 0 : 1);
            return char.IsWhiteSpace(next) ? CallVerdict.Undecided : ScanBody(next);
        }

        _kind += char.ToLowerInvariant(next);
        return Kinds.Any(kind => kind.StartsWith(_kind, StringComparison.Ordinal)) ? CallVerdict.Undecided : CallVerdict.Text;
    }

    private bool IsCode => _kind == "tool_code";

    private CallVerdict ScanBody(char next)
    {
        if (_isBlank && (next == '{' || (next == '[' && !IsCode)))
        {
            var place = Start + Length - 1;
            _json = next == '{'
                ? new JsonCallScanner(Input, place, names, Reader, Reader.AllowsUnknown)
                : new ListScanner(Input, place, names, Reader, Reader.AllowsUnknown);
            return _json.Push(next);
        }

        _isBlank &= char.IsWhiteSpace(next);
        if (!IsCode) return _isBlank ? CallVerdict.Undecided : CallVerdict.Text;
        _ticks = next == '`' ? _ticks + 1 : 0;
        return _ticks == Fence.Length ? CallVerdict.Complete : CallVerdict.Undecided;
    }
}

using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Scans an object, or an array of objects, for the keys of a call; also inside <c>{"type": "function", "function": …}</c> and <c>{"tool_calls": […]}</c>.
/// It is text as soon as a key appears that a call does not have (before name and arguments are there); once it names an offered function it is a call, however
/// malformed the rest is.
/// </summary>
/// <param name="input">What is held of the reply.</param>
/// <param name="start">Where the object begins.</param>
/// <param name="names">The offered functions.</param>
/// <param name="reader">Reads the objects.</param>
/// <param name="allowUnknown">Whether a call may name a function that was not offered.</param>
internal sealed class JsonCallScanner(ScanBuffer input, int start, ToolNames names, ToolCallReader reader, bool allowUnknown)
    : CallScanner(input, start, reader)
{
    // What System.Text.Json reads.
    private const int MaxDepth = 64;
    private List<(int Start, int End)>? _objects;
    private JsonCallFrame? _frame;
    private int _valueDepth;
    private char _quote;
    private int _stringStart;
    private bool _escaped;

    /// <inheritdoc/>
    public override IReadOnlyList<FunctionCallContent> Read()
    {
        if (_objects is null && _frame?.Name is null) return [];
        List<FunctionCallContent> calls = [];
        var text = Held.ToString();
        foreach (var (begin, end) in _objects ?? [])
        {
            if (Reader.ReadObject(text[begin..end], allowUnknown) is not { } call) return [];
            calls.Add(call);
        }

        // Cut off at the reply's end: complete if only closing brackets are missing after the arguments, else a call that failed.
        if (_frame?.Name is { } name && names.Contains(name))
        {
            var rest = text[_frame.Start..];
            var isWhole = _frame is { HasArguments: true, Part: JsonCallPart.AfterValue };
            calls.Add((isWhole ? Reader.ReadObject(rest + "}", allowUnknown) : null) ?? ToolCallReader.Malformed(name, rest));
        }

        return calls;
    }

    /// <inheritdoc/>
    protected override CallVerdict Scan(char next)
    {
        if (_quote != '\0') return ScanString(next);
        if (char.IsWhiteSpace(next)) return CallVerdict.Undecided;
        if (_frame is null) return Enter(next);
        if (_valueDepth > 0) return ScanValue(_frame, next);
        return _frame.IsObject ? ScanMember(_frame, next) : ScanElement(_frame, next);
    }

    private CallVerdict ScanElement(JsonCallFrame array, char next)
    {
        switch (next)
        {
            case '{' when array.Part == JsonCallPart.Element:
                return Enter(next);
            case ',' when array.Part == JsonCallPart.AfterElement:
                array.Part = JsonCallPart.Element;
                return CallVerdict.Undecided;
            case ']' when array.HasCalls:
                return Leave(array);
            default:
                return CallVerdict.Text;
        }
    }

    private CallVerdict ScanMember(JsonCallFrame call, char next)
    {
        switch (next)
        {
            case '"' or '\'':
                if (call.Part == JsonCallPart.AfterValue) call.Part = JsonCallPart.Key;
                if (call.Part is not (JsonCallPart.Key or JsonCallPart.Value)) return Malformed(call);
                return Quote(next);
            case '{' or '[':
                if (call.Opens(next)) return Enter(next);
                if ((call.Part != JsonCallPart.Value || call.Key == JsonCallFrame.NameKey) && Malformed(call) == CallVerdict.Text) return CallVerdict.Text;
                return ScanValue(call, next);
            case '}' or ']':
                if (!call.HasCalls && call.Name is null) return CallVerdict.Text;
                if (!call.HasCalls) (_objects ??= []).Add((call.Start, Length));
                return Leave(call);
            case ':':
                if (call.Part == JsonCallPart.Colon) call.Part = JsonCallPart.Value;
                return call.Part == JsonCallPart.Value ? CallVerdict.Undecided : Malformed(call);
            case ',':
                call.Part = JsonCallPart.Key;
                return CallVerdict.Undecided;
            default:
                // A number or a literal, which ends at the next comma or bracket.
                if (call.Part != JsonCallPart.Value) return call.Part == JsonCallPart.AfterValue ? CallVerdict.Undecided : Malformed(call);
                if (call.Key == JsonCallFrame.NameKey) return CallVerdict.Text;
                call.EndValue();
                return CallVerdict.Undecided;
        }
    }

    // Inside a value that is no wrapper of a call.
    private CallVerdict ScanValue(JsonCallFrame call, char next)
    {
        if (next is '"' or '\'') return Quote(next);
        if (next is '{' or '[') _valueDepth++;
        else if (next is '}' or ']' && --_valueDepth == 0) call.EndValue();
        return _valueDepth + call.Depth > MaxDepth ? Malformed(call) : CallVerdict.Undecided;
    }

    private CallVerdict Quote(char quote)
    {
        (_quote, _stringStart) = (quote, Length);
        return CallVerdict.Undecided;
    }

    private CallVerdict Enter(char bracket)
    {
        _frame = new JsonCallFrame(bracket, Length - 1, _frame);
        return _frame.Depth > MaxDepth ? CallVerdict.Text : CallVerdict.Undecided;
    }

    private CallVerdict Leave(JsonCallFrame frame)
    {
        _frame = frame.Outer;
        if (_frame is null) return CallVerdict.Complete;
        _frame.HasCalls = true;
        if (_frame.IsObject) _frame.EndValue();
        else _frame.Part = JsonCallPart.AfterElement;
        return CallVerdict.Undecided;
    }

    private CallVerdict Malformed(JsonCallFrame call) => call.Name is { } name && names.Contains(name) ? CallVerdict.Undecided : CallVerdict.Text;

    private CallVerdict ScanString(char next)
    {
        if (_escaped || next == '\\')
        {
            _escaped = !_escaped;
            return CallVerdict.Undecided;
        }

        var call = _valueDepth == 0 ? _frame : null;
        if (next != _quote) return call is not null && !CouldBecome(call) ? CallVerdict.Text : CallVerdict.Undecided;
        _quote = '\0';
        if (call is null) return CallVerdict.Undecided;
        var text = Held[_stringStart..^1];
        if (call.Part == JsonCallPart.Key)
        {
            call.Part = JsonCallPart.Colon;
            call.Key = JsonCallFrame.KnownKey(text);
            return call.Key.Length != 0 || call.IsBeyondDoubt ? CallVerdict.Undecided : CallVerdict.Text;
        }

        call.EndValue();
        if (call.Key != JsonCallFrame.NameKey || call.Name is not null) return CallVerdict.Undecided;
        call.Name = text.ToString();
        return allowUnknown || names.Contains(call.Name) ? CallVerdict.Undecided : CallVerdict.Text;
    }

    // Whether an unfinished key or name may still become one of a call; the sooner it cannot, the sooner the text streams on.
    private bool CouldBecome(JsonCallFrame call) => call.Part switch
    {
        JsonCallPart.Key when !call.IsBeyondDoubt => JsonCallFrame.IsKeyPrefix(Held[_stringStart..]),
        JsonCallPart.Value when call.Key == JsonCallFrame.NameKey && call.Name is null => allowUnknown || names.IsPrefix(Held[_stringStart..]),
        _ => true,
    };
}

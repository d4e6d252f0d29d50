using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Finds function calls in the text a model generates, while it is generated. Gemma has no tokens that mark a call, so the text itself decides:
/// <list type="bullet">
/// <item>a JSON object of <c>name</c> and <c>parameters</c> (or <c>arguments</c>, <c>args</c>), alone, in an array or in a fenced block, that names an offered
/// function, anywhere in the text;</item>
/// <item>the same in <c>&lt;tool_call&gt;</c> tags, in <c>{"type": "function", "function": …}</c>, or under <c>{"tool_calls": […]}</c>;</item>
/// <item><c>call:NAME{key:value,…}</c> between the marks of FunctionGemma or Gemma 4;</item>
/// <item>such an object with an unknown name, if it has arguments and begins a line: the caller then tells the model that there is no such function;</item>
/// <item>a fenced <c>tool_code</c> block of calls in Python's notation; the same in brackets, or alone on the first line, if it begins with an offered
/// name.</item>
/// </list>
/// All else is text, which streams at once but for what may still begin a call; of a call nothing appears as text, nor the white space around it. A call of an
/// offered function that cannot be read has
/// <see cref="FunctionCallContent.Exception"/> set. How the text is cut into pieces makes no difference. Time and memory are linear in the text. For one reply
/// and one thread.
/// </summary>
internal sealed class ToolCallParser
{
    // What proves to be no call is read again from its second character on; how often, all in all, is limited, so that a text of many beginnings costs no more
    // than a few readings of it.
    private const int MaxReadings = 16;

    private readonly ScanBuffer _input = new();
    private readonly ToolNames _names;
    private readonly ToolCallReader _reader;
    private readonly bool _allowMultiple;
    private readonly bool _isFormatted;
    private readonly ReplyMarks _marks;
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _space = new();
    private List<AIContent> _output = [];
    private CallScanner? _scanner;
    private int _position;
    private int _scanStart;
    private long _received;
    private long _scanned;
    private bool _isLineStart = true;
    private bool _isQuiet = true;
    private string? _closing;

    /// <summary>Creates the parser for one reply.</summary>
    /// <param name="functions">The functions offered.</param>
    /// <param name="allowMultiple">Whether the reply may hold several calls; if not, it ends with the first.</param>
    /// <param name="isFormatted">Whether the reply has a format of its own: then it is a call from its first letter on, of an offered function, or it is no
    /// call at all.</param>
    /// <param name="marks">The marks that the model writes; null for those that are plain text.</param>
    public ToolCallParser(IEnumerable<AIFunctionDeclaration> functions, bool allowMultiple, bool isFormatted = false, ReplyMarks? marks = null)
    {
        _names = new ToolNames(functions);
        _reader = new ToolCallReader(_names, allowsUnknown: !isFormatted);
        (_allowMultiple, _isFormatted, _marks) = (allowMultiple, isFormatted, marks ?? ReplyMarks.Text);
    }

    /// <summary>Whether a call was found.</summary>
    public bool HasCall { get; private set; }

    /// <summary>Whether the reply is over because its one call is complete; more text is ignored.</summary>
    public bool IsFinished => HasCall && !_allowMultiple;

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>The text and calls that are certain now: <see cref="TextContent"/> and <see cref="FunctionCallContent"/>.</returns>
    public IReadOnlyList<AIContent> Append(string text)
    {
        foreach (var c in text)
        {
            _input.Add(c);
            _received++;
            Process();
        }

        return Take();
    }

    /// <summary>Ends the reply: what was held back is a call (with an exception, if it is cut off) or text.</summary>
    public IReadOnlyList<AIContent> Flush()
    {
        while (_scanner is { } scanner && !IsFinished)
        {
            _scanner = null;
            if (TryAddCalls(scanner) || scanner is ClosingScanner) break;
            Reread(scanner);
            Process();
        }

        if (!HasCall) _text.Append(_space);
        return Take();
    }

    private List<AIContent> Take()
    {
        EndText();
        var output = _output;
        _output = [];
        return output;
    }

    private void Process()
    {
        while (_position < _input.Length && !IsFinished)
        {
            var next = _input[_position++];
            if (_scanner is null && !TryBegin(next)) continue;
            _scanned++;
            var verdict = _scanner!.Push(next);
            if (verdict == CallVerdict.Undecided) continue;
            var scanner = _scanner;
            _scanner = null;
            if (verdict == CallVerdict.Closing) _closing = null;
            else if (verdict == CallVerdict.Text || !TryAddCalls(scanner)) Reread(scanner);
            else _position -= scanner.Excess;
        }

        if (_scanner is not null) return;
        _input.Clear();
        _position = 0;
    }

    // The beginning of what is no call is text; the rest is read again, or is text too if that was done too often.
    private void Reread(CallScanner scanner)
    {
        var isTooOften = _scanned > MaxReadings * _received;
        if (isTooOften) _scanned = MaxReadings * _received;
        var end = isTooOften ? _position : _scanStart + scanner.Release();
        for (var i = _scanStart; i < end; i++) Say(_input[i]);
        (_position, _closing) = (end, null);
    }

    // Begins a scan, or takes the character as text.
    private bool TryBegin(char c)
    {
        _scanStart = _position - 1;

        // After a call in a block: white space, separators and what closes it are no text.
        if (_closing is not null && (char.IsWhiteSpace(c) || c == ',')) return false;
        _scanner = NewScanner(c);
        if (_scanner is null) Say(c);
        return _scanner is not null;
    }

    private CallScanner? NewScanner(char c)
    {
        if (_closing is { } closing && c == closing[0]) return new ClosingScanner(_input, _scanStart, _reader, closing);
        if (c is not ('{' or '[')) _closing = null;
        if (_isFormatted && !_isQuiet) return null;
        var allowUnknown = _isLineStart && _reader.AllowsUnknown;
        return c switch
        {
            '{' => new JsonCallScanner(_input, _scanStart, _names, _reader, allowUnknown),
            '[' => new ListScanner(_input, _scanStart, _names, _reader, allowUnknown),
            '`' => new FenceScanner(_input, _scanStart, _names, _reader),
            '<' or (>= ReplyMarks.First and <= ReplyMarks.Last) => new OpeningScanner(_input, _scanStart, _names, _reader, _marks),
            _ when _isQuiet && PythonCallScanner.IsNameStart(c) => new PythonCallScanner(_input, _scanStart, _names, _reader, isList: false),
            _ => null,
        };
    }

    private bool TryAddCalls(CallScanner scanner)
    {
        var calls = scanner.Read();
        if (calls.Count == 0) return false;
        EndText();
        HasCall = true;
        _space.Clear();
        _isQuiet = true;
        _isLineStart = true;
        _closing = scanner.Closing ?? _closing;
        _output.AddRange(_allowMultiple ? calls : calls.Take(1));
        return true;
    }

    private void Say(char c)
    {
        // A control token without a meaning here is no text, as everywhere.
        if (ReplyMarks.IsMark(c)) return;
        if (_isQuiet && char.IsWhiteSpace(c))
        {
            _space.Append(c);
            return;
        }

        _isQuiet = false;
        _text.Append(_space).Append(c);
        _space.Clear();
        _isLineStart = c == '\n' || (_isLineStart && char.IsWhiteSpace(c));
    }

    private void EndText()
    {
        if (_text.Length == 0) return;
        _output.Add(new TextContent(_text.ToString()));
        _text.Clear();
    }
}

using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Finds function calls in the text a model generates, while it is generated. Gemma has no tokens that mark a call, so the text itself decides:
/// <list type="bullet">
/// <item>a JSON object of <c>name</c> and <c>parameters</c> (or <c>arguments</c>, <c>args</c>), alone, in an array or in a fenced block, that names an offered function, anywhere in the text;</item>
/// <item>such an object with an unknown name, if it has arguments and begins a line: the caller then tells the model that there is no such function;</item>
/// <item>a fenced <c>tool_code</c> block of calls in Python's notation; the same in brackets, or alone on the first line, if it begins with an offered name.</item>
/// </list>
/// All else is text, which streams at once but for what may still begin a call; of a call nothing appears as text, nor the white space around it. A call of an offered function that cannot be read has
/// <see cref="FunctionCallContent.Exception"/> set. How the text is cut into pieces makes no difference. For one reply and one thread.
/// </summary>
internal sealed class ToolCallParser
{
    private readonly ToolNames _names;
    private readonly ToolCallReader _reader;
    private readonly bool _allowMultiple;
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _space = new();
    private List<AIContent> _output = [];
    private CallScanner? _scanner;
    private bool _isLineStart = true;
    private bool _isQuiet = true;
    private bool _isInFence;
    private int _ticks;

    /// <summary>Creates the parser for one reply.</summary>
    /// <param name="functions">The functions offered.</param>
    /// <param name="allowMultiple">Whether the reply may hold several calls; if not, it ends with the first.</param>
    public ToolCallParser(IEnumerable<AIFunctionDeclaration> functions, bool allowMultiple)
    {
        _names = new ToolNames(functions);
        _reader = new ToolCallReader(_names);
        _allowMultiple = allowMultiple;
    }

    /// <summary>Whether a call was found.</summary>
    public bool HasCall { get; private set; }

    /// <summary>Whether the reply is over because its one call is complete; more text is ignored.</summary>
    public bool IsFinished => HasCall && !_allowMultiple;

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>The text and calls that are certain now: <see cref="TextContent"/> and <see cref="FunctionCallContent"/>.</returns>
    public IReadOnlyList<AIContent> Append(string text)
    {
        Process(text);
        return Take();
    }

    /// <summary>Ends the reply: what was held back is a call (with an exception, if it is cut off) or text.</summary>
    public IReadOnlyList<AIContent> Flush()
    {
        while (_scanner is { } scanner && !IsFinished)
        {
            _scanner = null;
            if (TryAddCalls(scanner)) break;
            var (text, rest) = scanner.Release();
            Say(text);
            Process(rest);
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

    private void Process(string text)
    {
        for (var i = 0; i < text.Length && !IsFinished; i++)
        {
            if (_scanner is null && !TryBegin(text[i])) continue;
            var verdict = _scanner!.Push(text[i]);
            if (verdict == CallVerdict.Undecided) continue;
            var scanner = _scanner;
            _scanner = null;
            if (verdict == CallVerdict.Complete && TryAddCalls(scanner)) continue;
            var (released, rest) = scanner.Release();
            Say(released);
            text = rest + text[(i + 1)..];
            i = -1;
        }
    }

    // Begins a scan, or takes the character as text.
    private bool TryBegin(char c)
    {
        if (_isInFence && TryPassFence(c)) return false;
        _scanner = c switch
        {
            '{' => new JsonCallScanner(_names, _reader, _isLineStart),
            '[' => new ListScanner(_names, _reader, _isLineStart),
            '`' => new FenceScanner(_names, _reader),
            _ when _isQuiet && PythonCallScanner.IsNameStart(c) => new PythonCallScanner(_names, _reader, isList: false),
            _ => null,
        };
        if (_scanner is null) Say(c);
        return _scanner is not null;
    }

    // After a call in a fenced block: white space, separators and the closing fence are no text.
    private bool TryPassFence(char c)
    {
        if (c == '`')
        {
            if (++_ticks < 3) return true;
            _isInFence = false;
            return true;
        }

        if (_ticks == 0 && (char.IsWhiteSpace(c) || c == ',')) return true;
        if (_ticks != 0 || c is not ('{' or '[')) _isInFence = false;
        Say(new string('`', _ticks));
        return false;
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
        _isInFence = scanner.IsInFence || _isInFence;
        _ticks = 0;
        _output.AddRange(_allowMultiple ? calls : calls.Take(1));
        return true;
    }

    private void Say(string text)
    {
        foreach (var c in text) Say(c);
    }

    private void Say(char c)
    {
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

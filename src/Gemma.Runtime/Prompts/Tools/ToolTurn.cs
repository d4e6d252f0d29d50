using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>One turn under construction, from one or more messages of the same role.</summary>
internal sealed class ToolTurn(ChatRole role, IToolFormat format)
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Name, FunctionResultContent Result)> _results = [];
    private string _separator = string.Empty;

    /// <summary>Who speaks.</summary>
    public ChatRole Role => role;

    /// <summary>Whether nothing was said yet.</summary>
    public bool IsEmpty => _text.Length == 0 && _results.Count == 0;

    /// <summary>Ends the turn and gives its text.</summary>
    public string ToText()
    {
        FlushResults();
        return _text.ToString();
    }

    /// <summary>Begins another message: its text is set off by a blank line, its results join those before.</summary>
    public void Begin() => _separator = IsEmpty ? string.Empty : "\n\n";

    /// <summary>Adds text as it is.</summary>
    public void AddText(string text)
    {
        if (text.Length == 0) return;
        FlushResults();
        _text.Append(_separator).Append(text);
        _separator = string.Empty;
    }

    /// <summary>Adds a line of its own.</summary>
    public void AddLine(string text)
    {
        FlushResults();
        if (_text.Length != 0 && _text[^1] != '\n') _text.Append('\n');
        _text.Append(text);
        _separator = "\n";
    }

    /// <summary>Adds a function's result.</summary>
    public void AddResult(string name, FunctionResultContent result) => _results.Add((name, result));

    private void FlushResults()
    {
        if (_results.Count == 0) return;
        if (_text.Length != 0) _text.Append("\n\n");
        _text.Append(format.Results(_results));
        _results.Clear();
        _separator = "\n\n";
    }
}

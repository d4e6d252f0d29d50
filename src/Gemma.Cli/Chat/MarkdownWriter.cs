namespace Gemma.Cli.Chat;

/// <summary>
/// Shows Markdown as it comes: bold and code in the terminal's ways, headings bold, list marks as dots. Without a terminal the text stays as it is.
/// </summary>
internal sealed class MarkdownWriter(TextWriter output, bool renders)
{
    private const string Bold = "\u001b[1m";
    private const string Code = "\u001b[36m";
    private const string Plain = "\u001b[0m";

    private readonly System.Text.StringBuilder _held = new();
    private bool _isBold;
    private bool _isCode;
    private bool _isBlock;
    private bool _isHeading;
    private bool _atStart = true;

    /// <summary>Writes the next part of a text.</summary>
    public void Write(string text)
    {
        if (!renders)
        {
            output.Write(text);
            return;
        }

        foreach (var character in text) Take(character);
    }

    /// <summary>Writes what was held back, and ends all styles.</summary>
    public void Complete()
    {
        if (!renders) return;
        Release();
        if (_isBold || _isCode || _isBlock || _isHeading) output.Write(Plain);
    }

    // Marks of one kind are held back until it is known how many they are.
    private void Take(char character)
    {
        if (_held.Length > 0 && character != _held[0]) Release(character);
        if (character is '*' or '`' || (character == '#' && _atStart))
        {
            _held.Append(character);
            return;
        }

        if (character == '\n')
        {
            if (_isHeading) Style(ref _isHeading, Bold);
            _atStart = true;
        }
        else if (character != ' ')
        {
            _atStart = false;
        }

        output.Write(character);
    }

    private void Release(char next = '\n')
    {
        var marks = _held.ToString();
        _held.Clear();
        if (marks.Length == 0) return;
        if (marks == "```" && _atStart) Style(ref _isBlock, Code);
        else if (_isBlock) output.Write(marks);
        else if (marks == "`") Style(ref _isCode, Code);
        else if (_isCode) output.Write(marks);
        else if (marks == "**") Style(ref _isBold, Bold);
        else if (marks == "*" && _atStart && next == ' ') output.Write('•');
        else if (marks[0] == '#' && next == ' ') Style(ref _isHeading, Bold);
        else output.Write(marks);
        _atStart = false;
    }

    private void Style(ref bool isOn, string style)
    {
        isOn = !isOn;
        output.Write(isOn ? style : Plain + (_isBold ? Bold : string.Empty));
    }
}

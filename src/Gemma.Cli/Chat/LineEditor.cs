using System.Globalization;
using System.Text;

namespace Gemma.Cli.Chat;

/// <summary>
/// Lets a person type a line: the arrow keys move in it and through the lines before, Ctrl-C empties it, Ctrl-D on an empty one ends the input.
/// </summary>
internal sealed class LineEditor(TextWriter output)
{
    private readonly List<string> _history = [];
    private readonly StringBuilder _line = new();
    private int _cursor;
    private int _promptLength;
    private int _shownCursor;

    /// <summary>Reads a line; null at the end of the input.</summary>
    public string? Read(string prompt)
    {
        (_cursor, _shownCursor, _promptLength) = (0, 0, prompt.Length);
        _line.Clear();
        var at = _history.Count;
        output.Write(prompt);
        output.Flush();
        var before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
                if (isControl && key.Key == ConsoleKey.D && _line.Length == 0)
                {
                    output.WriteLine();
                    return null;
                }

                if (key.Key == ConsoleKey.Enter) break;
                if (isControl && key.Key == ConsoleKey.C) Replace(string.Empty);
                else if (key.Key == ConsoleKey.UpArrow && at > 0) Replace(_history[--at]);
                else if (key.Key == ConsoleKey.DownArrow && at < _history.Count) Replace(++at < _history.Count ? _history[at] : string.Empty);
                else Edit(key, isControl);
                Show();
            }
        }
        finally
        {
            Console.TreatControlCAsInput = before;
        }

        _cursor = _line.Length;
        Show();
        output.WriteLine();
        var line = _line.ToString();
        if (line.Length > 0 && (_history.Count == 0 || _history[^1] != line)) _history.Add(line);
        return line;
    }

    private void Replace(string text)
    {
        _line.Clear().Append(text);
        _cursor = text.Length;
    }

    private void Edit(ConsoleKeyInfo key, bool isControl)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                _cursor = Math.Max(0, _cursor - 1);
                break;
            case ConsoleKey.RightArrow:
                _cursor = Math.Min(_line.Length, _cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when isControl:
                _cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when isControl:
                _cursor = _line.Length;
                break;
            case ConsoleKey.Backspace when _cursor > 0:
                _line.Remove(--_cursor, 1);
                break;
            case ConsoleKey.Delete when _cursor < _line.Length:
                _line.Remove(_cursor, 1);
                break;
            default:
                if (!char.IsControl(key.KeyChar)) _line.Insert(_cursor++, key.KeyChar);
                break;
        }
    }

    // A line may fill several rows of the terminal; the cursor goes by rows and columns.
    private void Show()
    {
        var width = Math.Max(1, Console.WindowWidth);
        Move(_shownCursor, 0, width);
        output.Write(_line);

        // After the last column the terminal waits with the next row until something is written.
        if ((_promptLength + _line.Length) % width == 0) output.Write(" \r");
        output.Write("\u001b[J");
        Move(_line.Length, _cursor, width);
        output.Flush();
        _shownCursor = _cursor;
    }

    private void Move(int from, int to, int width)
    {
        var rows = ((_promptLength + to) / width) - ((_promptLength + from) / width);
        if (rows != 0) output.Write(string.Create(CultureInfo.InvariantCulture, $"\u001b[{Math.Abs(rows)}{(rows < 0 ? 'A' : 'B')}"));
        if (from != to) output.Write(string.Create(CultureInfo.InvariantCulture, $"\u001b[{((_promptLength + to) % width) + 1}G"));
    }
}

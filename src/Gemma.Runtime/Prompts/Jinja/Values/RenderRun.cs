using System.Runtime.CompilerServices;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>One rendering: what it has used, where it is, and what it sees of the world. Not thread-safe; the tree it walks is shared.</summary>
/// <param name="time">The clock of <c>strftime_now</c>.</param>
/// <param name="cancellationToken">Stops the rendering.</param>
internal sealed class RenderRun(TimeProvider time, CancellationToken cancellationToken)
{
    private const int CheckInterval = 1024;

    private readonly Stack<JinjaValue> _items = [];
    private long _steps;
    private long _nextCheck = CheckInterval;
    private long _memory;
    private int _depth;

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>The line of the template that is being rendered.</summary>
    public int Line { get; set; } = 1;

    /// <summary>Whether output is escaped for HTML.</summary>
    public bool AutoEscape { get; set; }

    /// <summary>The items of the loops that are running, the innermost first.</summary>
    public IEnumerable<JinjaValue> LoopItems => _items;

    /// <summary>Counts work, and makes sure that there is stack for more.</summary>
    public void Step(long count = 1)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        _steps += count;
        if (_steps < _nextCheck) return;
        _nextCheck = _steps + CheckInterval;
        cancellationToken.ThrowIfCancellationRequested();
        if (_steps > JinjaLimits.Steps) throw new JinjaException($"the template takes more than {JinjaLimits.Steps:N0} steps");
    }

    /// <summary>Counts the characters that an operation looks at or copies.</summary>
    public void Touch(long characters) => Step(1 + (characters >> 6));

    /// <summary>Counts memory before it is taken.</summary>
    /// <param name="characters">Its size in characters of two bytes.</param>
    public void Charge(long characters)
    {
        _memory += characters;
        if (_memory > JinjaLimits.Memory) throw new JinjaException($"the template's texts and lists take more than {JinjaLimits.Memory:N0} characters");
    }

    /// <summary>The plain text of a text.</summary>
    public string Flat(TextValue text)
    {
        Touch(text.Length);
        if (!text.IsFlat) Charge(text.Length + (text.IsJoined ? 0 : 16L * text.PieceCount));
        return text.Flat;
    }

    /// <summary>The pieces of a text.</summary>
    public ReadOnlySpan<TextPiece> Pieces(TextValue text)
    {
        if (!text.IsJoined)
        {
            Touch(text.PieceCount);
            Charge(16L * text.PieceCount);
        }

        return text.Pieces;
    }

    /// <summary>Checks a text's length, and counts its memory, before it is made.</summary>
    public void ChargeText(long length)
    {
        CheckText(length);
        Touch(length);
        Charge(length);
    }

    /// <summary>Checks a list's length, and counts its memory, before it is made.</summary>
    public void ChargeList(long length)
    {
        if (length > JinjaLimits.ListLength) throw new JinjaException($"a list has more than {JinjaLimits.ListLength:N0} items");
        Step(length);
        Charge(length * 4);
    }

    /// <summary>Checks a text's length.</summary>
    public static void CheckText(long length)
    {
        if (length > JinjaLimits.TextLength) throw new JinjaException($"a text has more than {JinjaLimits.TextLength:N0} characters");
    }

    /// <summary>Enters a call, a recursion or a nested value.</summary>
    public void Enter()
    {
        if (++_depth > JinjaLimits.Depth) throw new JinjaException($"calls or values are nested more than {JinjaLimits.Depth} deep");
    }

    /// <summary>Leaves what <see cref="Enter"/> entered.</summary>
    public void Leave() => _depth--;

    /// <summary>Remembers which item a loop is at.</summary>
    public void EnterItem(JinjaValue item) => _items.Push(item);

    /// <summary>Forgets it; not called when an error ends the loop, so that the error can tell the item.</summary>
    public void LeaveItem() => _items.Pop();
}

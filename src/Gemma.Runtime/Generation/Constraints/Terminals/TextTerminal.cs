using System.Text;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Terminals;

/// <summary>
/// The texts of a <see cref="ICharacterAutomaton"/> as bytes: bare, such as a number, or between quotes, as a JSON string with escapes and whole surrogate
/// pairs.
/// A byte is allowed only where some character that it begins leads on.
/// </summary>
internal sealed class TextTerminal(ICharacterAutomaton characters, TextQuote? quote, bool isDistinct = false) : Terminal(isDistinct)
{
    private const int HexDigits = 4;

    // Strings that follow a pattern are written one way only: nothing is escaped but what must be.
    private readonly int _maxEscaped = characters is Dfa ? 0x1F : 0x10FFFF;
    private static readonly (char Letter, char Character)[] Escapes = [('"', '"'), ('\\', '\\'), ('n', '\n'), ('t', '\t'), ('/', '/'), ('r', '\r'), ('b', '\b'),
        ('f', '\f')];

    /// <inheritdoc/>
    public override long Start => new Position(characters.Start, quote is not null ? TerminalPhase.Before : TerminalPhase.Between).Pack();

    /// <summary>The automaton of the characters.</summary>
    public ICharacterAutomaton Characters => characters;

    /// <inheritdoc/>
    public override long Step(long state, byte next, out int codePoint)
    {
        codePoint = -1;
        var at = Position.Unpack(state);
        var after = at.Phase switch
        {
            TerminalPhase.Before or TerminalPhase.Closing => Mark(at, next),
            TerminalPhase.Between => Begin(at, next, out codePoint),
            TerminalPhase.Utf8 => next is >= 0x80 and < 0xC0 ? Continue(at, (at.Value << 6) | (next & 0x3F), out codePoint) : null,
            TerminalPhase.Escape => Escape(at, next, out codePoint),
            TerminalPhase.Hex or TerminalPhase.PairHex => Digit(next) is >= 0 and var digit ? Hex(at, digit, out codePoint) : null,
            TerminalPhase.PairBackslash => next == '\\' ? at with { Phase = TerminalPhase.PairU } : null,
            TerminalPhase.PairU => next == 'u' ? at with { Phase = TerminalPhase.PairHex } : null,
            _ => null,
        };
        return after?.Pack() ?? -1;
    }

    /// <inheritdoc/>
    public override bool IsFinal(long state)
    {
        var at = Position.Unpack(state);
        return at.Phase == TerminalPhase.After || (quote is null && at.Phase == TerminalPhase.Between && characters.IsAccepting(at.State));
    }

    /// <inheritdoc/>
    public override int Cost(long state)
    {
        var at = Position.Unpack(state);
        var mark = quote?.Mark.Length ?? 0;
        if (at.Phase == TerminalPhase.After) return 0;
        if (at.Phase == TerminalPhase.Closing) return mark - at.Left;
        if (at.Phase == TerminalPhase.Before) return Closed(characters.Cost(at.State) + (2 * mark) - at.Left);
        if (at.Phase == TerminalPhase.Between) return Closed(characters.Cost(at.State) + mark);
        var (target, bytes) = Target(at);
        return Closed(characters.Cost(characters.Step(at.State, target)) + bytes + mark);
    }

    /// <inheritdoc/>
    public override byte Cheapest(long state)
    {
        var at = Position.Unpack(state);
        if (quote is not null
            && (at.Phase is TerminalPhase.Before or TerminalPhase.Closing || (at.Phase == TerminalPhase.Between && characters.Cost(at.State) == 0)))
            return quote.Mark[at.Left];
        if (at.Phase is TerminalPhase.PairBackslash or TerminalPhase.PairU) return at.Phase == TerminalPhase.PairU ? (byte)'u' : (byte)'\\';
        var target = Target(at).CodePoint;
        switch (at.Phase)
        {
            case TerminalPhase.Between when quote is { HasEscapes: true } && (target is '"' or '\\' or < 0x20):
                return (byte)'\\';
            case TerminalPhase.Between:
                return Utf8(target)[0];
            case TerminalPhase.Utf8:
                return Utf8(target)[^at.Left];
            case TerminalPhase.Escape:
                return (byte)(Letter(target) ?? 'u');
            default:
                var unit = at.Phase == TerminalPhase.PairHex
                    ? 0xDC00 | ((target - 0x10000) & 0x3FF)
                    : target > 0xFFFF ? 0xD800 | ((target - 0x10000) >> 10) : target;
                return (byte)"0123456789abcdef"[(unit >> (4 * (HexDigits - 1 - at.Left))) & 15];
        }
    }

    /// <inheritdoc/>
    public override int PlainRun(long state)
    {
        var at = Position.Unpack(state);
        return quote is not null && at.Phase == TerminalPhase.Between ? characters.PlainRun(at.State) : 0;
    }

    /// <inheritdoc/>
    public override long Near(long state)
    {
        var at = Position.Unpack(state);
        return (at with { State = characters.Near(at.State) }).Pack();
    }

    /// <inheritdoc/>
    public override long Count(long state)
    {
        var at = Position.Unpack(state);
        return at.Phase is TerminalPhase.After or TerminalPhase.Closing
            ? 1
            : at.Phase is TerminalPhase.Between or TerminalPhase.Before ? characters.Count(at.State) : long.MaxValue;
    }

    // Before or after the text.
    private Position? Mark(Position at, byte next)
    {
        if (next != quote!.Mark[at.Left]) return null;
        if (at.Left + 1 < quote.Mark.Length) return at with { Left = at.Left + 1 };
        return at with { Phase = at.Phase == TerminalPhase.Before ? TerminalPhase.Between : TerminalPhase.After, Left = 0 };
    }

    private static int Closed(int cost) => Math.Min(ICharacterAutomaton.Impossible, cost);

    private Position? Begin(Position at, byte next, out int codePoint)
    {
        codePoint = -1;
        if (quote is not null && next == quote.Mark[0]) return characters.IsAccepting(at.State) ? Mark(at with { Phase = TerminalPhase.Closing }, next) : null;
        if (quote is { HasEscapes: true })
        {
            if (next == '\\') return Pending(at with { Phase = TerminalPhase.Escape });
            if (next < 0x20) return null;
        }

        var (left, bits) = next switch
        {
            < 0x80 => (0, next),
            >= 0xC2 and < 0xE0 => (1, next & 0x1F),
            >= 0xE0 and < 0xF0 => (2, next & 0x0F),
            >= 0xF0 and < 0xF5 => (3, next & 0x07),
            _ => (-1, 0),
        };
        return left switch
        {
            < 0 => null,
            0 => Complete(at, bits, out codePoint),
            _ => Pending(at with { Phase = TerminalPhase.Utf8, Left = left, Length = left + 1, Value = bits }),
        };
    }

    private Position? Continue(Position at, int value, out int codePoint)
    {
        codePoint = -1;
        return at.Left == 1 ? Complete(at, value, out codePoint) : Pending(at with { Left = at.Left - 1, Value = value });
    }

    private Position? Escape(Position at, byte next, out int codePoint)
    {
        codePoint = -1;
        if (next == 'u') return Pending(at with { Phase = TerminalPhase.Hex, Left = 0, Value = 0 });
        foreach (var (letter, character) in Escapes)
            if (letter == next && MayEscape(character)) return Complete(at, character, out codePoint);
        return null;
    }

    private Position? Hex(Position at, int digit, out int codePoint)
    {
        codePoint = -1;
        if (at.Phase == TerminalPhase.PairHex) return PairHex(at, digit, out codePoint);
        var next = at with { Left = at.Left + 1, Value = (at.Value << 4) | digit };
        if (next.Left < HexDigits) return Pending(next);
        if (next.Value is < 0xD800 or >= 0xE000) return Complete(at, next.Value, out codePoint);
        return next.Value < 0xDC00 ? Pending(next with { Phase = TerminalPhase.PairBackslash, Left = 0, Value = next.Value & 0x3FF }) : null;
    }

    // The second half is DC00 to DFFF: its first digit adds nothing to the character, its second one two bits.
    private Position? PairHex(Position at, int digit, out int codePoint)
    {
        codePoint = -1;
        if ((at.Left == 0 && digit != 13) || (at.Left == 1 && digit < 12)) return null;
        var next = at with { Left = at.Left + 1, Value = at.Left == 0 ? at.Value : at.Left == 1 ? (at.Value << 2) | (digit & 3) : (at.Value << 4) | digit };
        return next.Left == HexDigits ? Complete(at, 0x10000 + next.Value, out codePoint) : Pending(next);
    }

    private Position? Complete(Position at, int value, out int codePoint)
    {
        codePoint = value;
        var next = characters.Step(at.State, value);
        return next < 0 ? null : new Position(next, TerminalPhase.Between);
    }

    private Position? Pending(Position at) => Target(at).CodePoint >= 0 ? at : null;

    // The character that an unfinished one should become, and how many bytes that takes.
    private (int CodePoint, int Bytes) Target(Position at)
    {
        switch (at.Phase)
        {
            case TerminalPhase.Between:
                var next = characters.Cheapest(at.State, 0, 0x10FFFF);
                return (next, Alphabet.BytesOf(next));
            case TerminalPhase.Utf8:
                var low = at.Value << (6 * at.Left);
                var first = at.Length switch { 2 => 0x80, 3 => 0x800, _ => 0x10000 };
                return (characters.Cheapest(at.State, Math.Max(low, first), Math.Min(low | ((1 << (6 * at.Left)) - 1), 0x10FFFF)), at.Left);
            case TerminalPhase.Escape:
                var letters = Escapes.Where(escape => MayEscape(escape.Character) && characters.Step(at.State, escape.Character) >= 0)
                    .Select(escape => (int)escape.Character).ToList();
                return letters.Count > 0
                    ? (letters.MinBy(c => characters.Cost(characters.Step(at.State, c))), 1)
                    : (characters.Cheapest(at.State, 0, _maxEscaped), 1 + HexDigits);
            case TerminalPhase.Hex:
                var unit = at.Value << (4 * (HexDigits - at.Left));
                return HexTarget(at, unit, unit | ((1 << (4 * (HexDigits - at.Left))) - 1));
            case TerminalPhase.PairHex:
                var bits = at.Left switch { 0 or 1 => 10, 2 => 8, _ => 4 };
                var part = 0x10000 + (at.Value << bits);
                return (characters.Cheapest(at.State, part, part | ((1 << bits) - 1)), HexDigits - at.Left);
            default:
                var pair = 0x10000 + (at.Value << 10);
                return (characters.Cheapest(at.State, pair, pair + 0x3FF), HexDigits + (at.Phase == TerminalPhase.PairU ? 1 : 2));
        }
    }

    private (int CodePoint, int Bytes) HexTarget(Position at, int low, int high)
    {
        var bytes = HexDigits - at.Left;
        var single = low > _maxEscaped ? -1 : characters.Cheapest(at.State, low, Math.Min(high, _maxEscaped));
        if (single >= 0 || _maxEscaped < 0x10000) return (single, bytes);
        var (from, to) = (Math.Max(low, 0xD800), Math.Min(high, 0xDBFF));
        return (from > to
            ? -1
            : characters.Cheapest(at.State, 0x10000 + ((from & 0x3FF) << 10), 0x10000 + ((to & 0x3FF) << 10) + 0x3FF), bytes + 2 + HexDigits);
    }

    private bool MayEscape(char character) => character <= _maxEscaped || character is '"' or '\\';

    private static char? Letter(int codePoint)
    {
        foreach (var (letter, character) in Escapes)
            if (character == codePoint) return letter;
        return null;
    }

    private static int Digit(byte b) => b switch
    {
        >= (byte)'0' and <= (byte)'9' => b - '0',
        >= (byte)'a' and <= (byte)'f' => b - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => b - 'A' + 10,
        _ => -1,
    };

    private static byte[] Utf8(int codePoint)
    {
        var bytes = new byte[4];
        return bytes[..new Rune(codePoint).EncodeToUtf8(bytes)];
    }

    private readonly record struct Position(int State, TerminalPhase Phase, int Left = 0, int Length = 0, int Value = 0)
    {
        public long Pack() => ((long)State << 32) | ((long)Phase << 28) | ((long)Left << 25) | ((long)Length << 22) | (uint)Value;

        public static Position Unpack(long packed) =>
            new((int)(packed >> 32), (TerminalPhase)((packed >> 28) & 15), (int)((packed >> 25) & 7), (int)((packed >> 22) & 7), (int)(packed & 0x3FFFFF));
    }
}

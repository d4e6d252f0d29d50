namespace Gemma.Runtime.Generation.Constraints;

/// <summary>One character inside a JSON string: well-formed UTF-8 without quotes and control characters, or an escape. Surrogates occur in pairs only.</summary>
internal static class JsonCharacters
{
    /// <summary>Adds all characters.</summary>
    /// <param name="builder">Makes the states.</param>
    /// <param name="from">Before the character.</param>
    /// <param name="to">After a character of one UTF-16 unit.</param>
    /// <param name="afterPair">After a character of two units; null if it does not fit.</param>
    public static void AddTo(GrammarBuilder builder, GrammarState from, GrammarState to, GrammarState? afterPair)
    {
        from.Bytes.AddRange([(0x20, 0x21, to), (0x23, 0x5B, to), (0x5D, 0x7F, to)]);
        AddMultiByte(builder, from, to, afterPair, null);
        AddEscapes(builder, from, to, afterPair);
    }

    /// <summary>Adds the characters above U+007F whose first byte is not excluded.</summary>
    public static void AddMultiByte(GrammarBuilder builder, GrammarState from, GrammarState to, GrammarState? afterPair, Predicate<byte>? isExcluded)
    {
        var last = builder.State();
        last.Bytes.Add((0x80, 0xBF, to));
        var middle = builder.State();
        middle.Bytes.Add((0x80, 0xBF, last));
        Lead(0xC2, 0xDF, last);
        Lead(0xE0, 0xE0, Second(0xA0, 0xBF, last));
        Lead(0xE1, 0xEC, middle);
        Lead(0xED, 0xED, Second(0x80, 0x9F, last));
        Lead(0xEE, 0xEF, middle);
        if (afterPair is null) return;

        var lastOfFour = builder.State();
        lastOfFour.Bytes.Add((0x80, 0xBF, afterPair));
        var thirdOfFour = builder.State();
        thirdOfFour.Bytes.Add((0x80, 0xBF, lastOfFour));
        Lead(0xF0, 0xF0, Second(0x90, 0xBF, thirdOfFour));
        Lead(0xF1, 0xF3, Second(0x80, 0xBF, thirdOfFour));
        Lead(0xF4, 0xF4, Second(0x80, 0x8F, thirdOfFour));

        void Lead(byte low, byte high, GrammarState next)
        {
            if (isExcluded is null) from.Bytes.Add((low, high, next));
            for (int b = low; b <= high && isExcluded is not null; b++)
                if (!isExcluded((byte)b)) from.Bytes.Add(((byte)b, (byte)b, next));
        }

        GrammarState Second(byte low, byte high, GrammarState next)
        {
            var second = builder.State();
            second.Bytes.Add((low, high, next));
            return second;
        }
    }

    private static void AddEscapes(GrammarBuilder builder, GrammarState from, GrammarState to, GrammarState? afterPair)
    {
        var escape = builder.Byte(from, (byte)'\\', (byte)'\\');
        foreach (var b in "\"\\/bfnrt"u8) escape.Bytes.Add((b, b, to));
        var unicode = builder.Byte(escape, (byte)'u', (byte)'u');
        var third = builder.State();
        AddHex(third, HexEnd(to), 0, 15);
        var second = builder.State();
        AddHex(second, third, 0, 15);
        AddHex(unicode, second, 0, 12);
        AddHex(unicode, second, 14, 15);
        var surrogate = builder.State();
        AddHex(unicode, surrogate, 13, 13);
        AddHex(surrogate, third, 0, 7);
        if (afterPair is null) return;

        var highLast = builder.State();
        var highThird = builder.State();
        AddHex(surrogate, highThird, 8, 11);
        AddHex(highThird, highLast, 0, 15);
        var high = builder.State();
        AddHex(highLast, high, 0, 15);
        var lowFirst = builder.Literal(high, "\\u"u8);
        var lowSecond = builder.State();
        AddHex(lowFirst, lowSecond, 13, 13);
        var lowThird = builder.State();
        AddHex(lowSecond, lowThird, 12, 15);
        AddHex(lowThird, HexEnd(afterPair), 0, 15);

        GrammarState HexEnd(GrammarState end)
        {
            var last = builder.State();
            AddHex(last, end, 0, 15);
            return last;
        }
    }

    private static void AddHex(GrammarState from, GrammarState to, int low, int high)
    {
        for (var digit = low; digit <= high; digit++)
        {
            var lower = (byte)"0123456789abcdef"[digit];
            from.Bytes.Add((lower, lower, to));
            if (digit > 9) from.Bytes.Add(((byte)(lower - 32), (byte)(lower - 32), to));
        }
    }
}

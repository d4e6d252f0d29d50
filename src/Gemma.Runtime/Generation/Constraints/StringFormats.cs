using System.Globalization;
using System.Text;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>The formats of strings that types such as DateTime and Guid need: without them a string would not deserialise.</summary>
internal static class StringFormats
{
    private const int FirstYear = 1000;
    private const int LastYear = 2999;

    /// <summary>The rule of a format, or null if it is unknown (any string will do).</summary>
    public static GrammarRule? Rule(GrammarBuilder builder, string format)
    {
        if (format is not ("date-time" or "date" or "time" or "uuid")) return null;
        var start = builder.State();
        var text = builder.Byte(start, (byte)'"', (byte)'"');
        text = format switch
        {
            "date" => Date(builder, text),
            "time" => Time(builder, text),
            "uuid" => Uuid(builder, text),
            _ => Offset(builder, Time(builder, builder.Byte(Date(builder, text), (byte)'T', (byte)'T'))),
        };
        text.Bytes.Add(((byte)'"', (byte)'"', builder.State(isFinal: true)));
        return new GrammarRule(start, isContainer: false);
    }

    private static GrammarState Date(GrammarBuilder builder, GrammarState from)
    {
        var century = TwoDigits(builder, from, FirstYear / 100, LastYear / 100);
        var month = builder.Byte(TwoDigits(builder, century, 0, 99), (byte)'-', (byte)'-');
        var end = builder.State();
        var leapDays = Enumerable.Range(FirstYear, LastYear - FirstYear + 1).Where(DateTime.IsLeapYear).Select(year => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{year}-02-29")));
        from.Calls.Add((builder.OneOf(leapDays), end));
        ReadOnlySpan<int> days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (var i = 0; i < 12; i++)
        {
            var day = builder.Literal(month, [(byte)('0' + ((i + 1) / 10)), (byte)('0' + ((i + 1) % 10)), (byte)'-']);
            TwoDigits(builder, day, 1, days[i]).Empty.Add(end);
        }

        return end;
    }

    private static GrammarState Time(GrammarBuilder builder, GrammarState from)
    {
        var minutes = builder.Byte(TwoDigits(builder, from, 0, 23), (byte)':', (byte)':');
        var seconds = TwoDigits(builder, builder.Byte(TwoDigits(builder, minutes, 0, 59), (byte)':', (byte)':'), 0, 59);
        var end = builder.State();
        seconds.Empty.Add(end);
        builder.Digits(builder.Byte(seconds, (byte)'.', (byte)'.'), 1, 7, end);
        return end;
    }

    private static GrammarState Offset(GrammarBuilder builder, GrammarState from)
    {
        var end = builder.State();
        from.Empty.Add(end);
        from.Bytes.Add(((byte)'Z', (byte)'Z', end));
        var sign = builder.State();
        from.Bytes.AddRange([((byte)'+', (byte)'+', sign), ((byte)'-', (byte)'-', sign)]);
        TwoDigits(builder, builder.Byte(TwoDigits(builder, sign, 0, 13), (byte)':', (byte)':'), 0, 59).Empty.Add(end);
        return end;
    }

    private static GrammarState Uuid(GrammarBuilder builder, GrammarState from)
    {
        foreach (var length in (ReadOnlySpan<int>)[8, 4, 4, 4, 12])
        {
            for (var i = 0; i < length; i++)
            {
                var next = builder.State();
                from.Bytes.AddRange([((byte)'0', (byte)'9', next), ((byte)'a', (byte)'f', next), ((byte)'A', (byte)'F', next)]);
                from = next;
            }

            if (length != 12) from = builder.Byte(from, (byte)'-', (byte)'-');
        }

        return from;
    }

    private static GrammarState TwoDigits(GrammarBuilder builder, GrammarState from, int low, int high)
    {
        var end = builder.State();
        for (var tens = low / 10; tens <= high / 10; tens++)
        {
            var first = builder.Byte(from, (byte)('0' + tens), (byte)('0' + tens));
            first.Bytes.Add(((byte)('0' + (tens == low / 10 ? low % 10 : 0)), (byte)('0' + (tens == high / 10 ? high % 10 : 9)), end));
        }

        return end;
    }
}

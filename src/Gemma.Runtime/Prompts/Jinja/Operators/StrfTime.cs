using System.Globalization;
using System.Text;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Operators;

/// <summary><c>strftime</c> with the names of the C locale.</summary>
internal static class StrfTime
{
    public static string Format(RenderRun run, string format, DateTimeOffset time)
    {
        run.ChargeText(format.Length * 12L);
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            var flag = format[i + 1] is '-' or '_' or '^' or '#' && i + 2 < format.Length ? format[i + 1] : '\0';
            i += flag == '\0' ? 1 : 2;
            result.Append(Flagged(flag, format[i], Part(format[i], time)));
        }

        return result.ToString();
    }

    // glibc's flags: no padding, padding with blanks, capitals, the other case.
    private static string Flagged(char flag, char code, string part) => flag switch
    {
        _ when part.Length == 0 => part,
        '-' => part.TrimStart('0', ' ') is { Length: > 0 } rest ? rest : part[^1..],
        '_' when part.Length > 1 => part[..^1].TrimStart('0') is var rest ? (rest + part[^1]).PadLeft(part.Length) : part,
        '#' when code == 'p' => part.ToLowerInvariant(),
        '^' or '#' => part.ToUpperInvariant(),
        _ => part,
    };

    private static string Part(char code, DateTimeOffset time) => code switch
    {
        'd' => time.ToString("dd", CultureInfo.InvariantCulture),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'm' => time.ToString("MM", CultureInfo.InvariantCulture),
        'Y' => time.Year.ToString(CultureInfo.InvariantCulture),
        'y' => time.ToString("yy", CultureInfo.InvariantCulture),
        'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
        'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
        'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
        'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
        'H' => time.ToString("HH", CultureInfo.InvariantCulture),
        'I' => time.ToString("hh", CultureInfo.InvariantCulture),
        'M' => time.ToString("mm", CultureInfo.InvariantCulture),
        'S' => time.ToString("ss", CultureInfo.InvariantCulture),
        'f' => time.ToString("ffffff", CultureInfo.InvariantCulture),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'r' => time.ToString("hh':'mm':'ss ", CultureInfo.InvariantCulture) + Part('p', time),
        'k' => time.Hour.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'l' => (((time.Hour + 11) % 12) + 1).ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'C' => (time.Year / 100).ToString("00", CultureInfo.InvariantCulture),
        'g' => (ISOWeek.GetYear(time.DateTime) % 100).ToString("00", CultureInfo.InvariantCulture),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'U' => ((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7).ToString("00", CultureInfo.InvariantCulture),
        'W' => ((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7).ToString("00", CultureInfo.InvariantCulture),
        'V' => ISOWeek.GetWeekOfYear(time.DateTime).ToString("00", CultureInfo.InvariantCulture),
        'G' => ISOWeek.GetYear(time.DateTime).ToString(CultureInfo.InvariantCulture),
        'D' or 'x' => time.ToString("MM'/'dd'/'yy", CultureInfo.InvariantCulture),
        'F' => time.ToString("yyyy'-'MM'-'dd", CultureInfo.InvariantCulture),
        'T' or 'X' => time.ToString("HH':'mm':'ss", CultureInfo.InvariantCulture),
        'R' => time.ToString("HH':'mm", CultureInfo.InvariantCulture),
        'c' => time.ToString("ddd MMM ", CultureInfo.InvariantCulture) + time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2)
            + time.ToString(" HH':'mm':'ss yyyy", CultureInfo.InvariantCulture),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'z' or 'Z' => string.Empty,
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => "%" + code,
    };
}

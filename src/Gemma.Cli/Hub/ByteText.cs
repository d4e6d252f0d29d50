using System.Globalization;

namespace Gemma.Cli.Hub;

/// <summary>Sizes as people read them.</summary>
internal static class ByteText
{
    private const double Giga = 1e9;
    private const double Mega = 1e6;
    private const double Kilo = 1e3;

    public static string Of(long bytes) => bytes >= Giga ? Text(bytes / Giga, "GB") : bytes >= Mega ? Text(bytes / Mega, "MB") : Text(bytes / Kilo, "kB");

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}");
}

using System.Globalization;
using System.Text.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Numbers in a model's calls.</summary>
internal static class WrittenNumber
{
    // A double keeps as many.
    private const int KeptDigits = 15;

    /// <summary>Writes a word that is a number; one with more digits than fit is written as it stands, so that none is lost.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryWrite(Utf8JsonWriter writer, string word)
    {
        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)) writer.WriteNumberValue(integer);
        else if (word.Count(char.IsAsciiDigit) > KeptDigits && IsJson(word)) writer.WriteRawValue(word, skipInputValidation: true);
        else if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            writer.WriteNumberValue(number);
        else return false;
        return true;
    }

    private static bool IsJson(string word)
    {
        try
        {
            return JsonElement.Parse(word).ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

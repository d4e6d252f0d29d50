using System.Text.Json;
using Gemma.Json;
using Gemma.Server.Errors;

namespace Gemma.Server.Http;

/// <summary>
/// Finds texts and names in JSON that are not Unicode (half of a surrogate pair, bytes that are no UTF-8), which the reader lets through until they are used.
/// </summary>
internal static class UnicodeText
{
    /// <summary>Checks all of a body.</summary>
    /// <exception cref="ApiException">A text or a name is not Unicode.</exception>
    public static void Check(ReadOnlySpan<byte> json, JsonElement root)
    {
        try
        {
            WellFormedJson.Check(json);
        }
        catch (JsonException)
        {
            // It tells no place.
            Check(root, null);
        }
    }

    /// <summary>Checks an element that is not large.</summary>
    /// <exception cref="ApiException">A text or a name is not Unicode.</exception>
    public static void Check(JsonElement element, string? path)
    {
        if (Find(element, path) is { } wrong)
            throw ApiException.Invalid(wrong, $"'{wrong}' is not valid Unicode: it has half of a surrogate pair, or bytes that are no UTF-8.");
    }

    // The first that cannot be read; an object that has such a name stands for it.
    private static string? Find(JsonElement element, string? path)
    {
        try
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.String:
                    element.GetString();
                    return null;
                case JsonValueKind.Array:
                    return element.EnumerateArray().Select((item, index) => Find(item, FormattableString.Invariant($"{path}[{index}]")))
                        .FirstOrDefault(found => found is not null);
                case JsonValueKind.Object:
                    return element.EnumerateObject().Select(member => Find(member.Value, path is null ? member.Name : $"{path}.{member.Name}"))
                        .FirstOrDefault(found => found is not null);
                default:
                    return null;
            }
        }
        catch (InvalidOperationException)
        {
            return path ?? "body";
        }
    }
}

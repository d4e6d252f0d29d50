using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>Reads a part as whoever gets it does.</summary>
internal static class PartCheck
{
    /// <summary>How many lines are errors; null where the file is not the whole part, each record once.</summary>
    public static async Task<int?> CountErrorsAsync(Stream file, JobPart part, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(file);
        var errors = 0;
        for (var i = 0; i < part.Count; i++)
        {
            if (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is not { } text
                || Read(text) is not { } line
                || line.Index != part.Index + i) return null;
            if (line.IsError) errors++;
        }

        return await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is null ? errors : null;
    }

    private static (long Index, bool IsError)? Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("index", out var index) && index.TryGetInt64(out var number)
                ? (number, root.TryGetProperty("error", out _))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

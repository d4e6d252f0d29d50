using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Catalog;

/// <summary>
/// Leaves out a last character of which the limit let only the first bytes through: clients would show a replacement sign that the model never wrote.
/// </summary>
internal static class WholeCharacters
{
    private const char Replacement = '\ufffd';

    public static string Of(GenerationUpdate update) => IsCut(update) ? update.Text.TrimEnd(Replacement) : update.Text;

    public static ChatResponseUpdate Of(ChatResponseUpdate update)
    {
        if (update.RawRepresentation is not GenerationUpdate step || !IsCut(step)) return update;
        foreach (var content in update.Contents.OfType<TextContent>()) content.Text = content.Text.TrimEnd(Replacement);
        return update;
    }

    // The bytes that are left over come with the summary.
    private static bool IsCut(GenerationUpdate update) => update.Summary is { FinishReason: GenerationFinishReason.Length };
}

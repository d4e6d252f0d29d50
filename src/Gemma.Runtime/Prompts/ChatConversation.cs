namespace Gemma.Runtime.Prompts;

/// <summary>Brings conversations into the form that Gemma's templates allow.</summary>
public static class ChatConversation
{
    private const string Separator = "\n\n";

    /// <summary>
    /// Makes a conversation alternate: a system message goes before the text of the user message that follows it (or becomes one), messages of one role in a row are joined, and the assistant is called model.
    /// </summary>
    /// <param name="turns">The messages, oldest first.</param>
    /// <returns>Turns of user and model, or of other roles that were given, never two of one role in a row. Texts are joined by an empty line.</returns>
    public static IReadOnlyList<ChatTurn> Normalize(IReadOnlyList<ChatTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        List<ChatTurn> result = [];
        string? system = null;
        foreach (var turn in turns)
        {
            if (turn.Role is "system" or "developer")
            {
                system = Join(system, Text(turn));
                continue;
            }

            if (system is not null && turn.Role == "user")
            {
                Add(result, Prepend(system, turn));
                system = null;
                continue;
            }

            // Instructions that a model turn follows still come before it.
            if (system is not null && result.Count == 0)
            {
                Add(result, new ChatTurn("user", system));
                system = null;
            }

            Add(result, turn.Role == "assistant" ? turn with { Role = "model" } : turn);
        }

        if (!string.IsNullOrEmpty(system)) Add(result, new ChatTurn("user", system));
        return result;
    }

    private static void Add(List<ChatTurn> turns, ChatTurn turn)
    {
        if (turns.Count == 0 || turns[^1].Role != turn.Role) turns.Add(turn);
        else turns[^1] = Merge(turns[^1], turn);
    }

    private static ChatTurn Prepend(string system, ChatTurn turn) => Merge(new ChatTurn(turn.Role, system), turn);

    private static ChatTurn Merge(ChatTurn first, ChatTurn second)
    {
        if (first.Parts is null && second.Parts is null) return first with { Content = Join(first.Content, second.Content) };
        var (left, right) = (Parts(first), Parts(second));
        if (left is not [.., { Type: "text" } last] || right is not [{ Type: "text" } next, ..]) return first with { Parts = [.. left, .. right] };
        return first with { Parts = [.. left.SkipLast(1), new ChatTurnPart("text", Join(last.Text, next.Text ?? string.Empty)), .. right.Skip(1)] };
    }

    private static IReadOnlyList<ChatTurnPart> Parts(ChatTurn turn) => turn.Parts ?? (turn.Content.Length == 0 ? [] : [new ChatTurnPart("text", turn.Content)]);

    private static string Text(ChatTurn turn) => turn.Parts is null ? turn.Content : string.Concat(turn.Parts.Select(part => part.Text));

    private static string Join(string? first, string second) => string.IsNullOrEmpty(first) ? second : string.IsNullOrEmpty(second) ? first : first + Separator + second;
}

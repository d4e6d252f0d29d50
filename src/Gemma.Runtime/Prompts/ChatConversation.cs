namespace Gemma.Runtime.Prompts;

/// <summary>Brings conversations into the form that Gemma's templates allow.</summary>
public static class ChatConversation
{
    private const string Separator = "\n\n";

    /// <summary>
    /// Makes a conversation alternate: a system message goes before the text of the user message that follows it (or becomes one), messages of one role in a
    /// row are joined, an empty user message goes before a beginning of the assistant's, and the assistant is called model.
    /// </summary>
    /// <param name="turns">The messages, oldest first.</param>
    /// <returns>Turns of user and model, or of other roles that were given, never two of one role in a row. Texts are joined by an empty line.</returns>
    public static IReadOnlyList<ChatTurn> Normalize(IReadOnlyList<ChatTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        return Normalize(turns, null);
    }

    /// <summary>Changes a conversation as little as a template needs: what it takes without losing a text stays as it is.</summary>
    /// <param name="turns">The messages, oldest first.</param>
    /// <param name="traits">What the template takes; null for Gemma's own, which demand that users and model alternate.</param>
    internal static IReadOnlyList<ChatTurn> Normalize(IReadOnlyList<ChatTurn> turns, TemplateTraits? traits)
    {
        List<ChatTurn> result = [];
        string? system = null;
        foreach (var turn in turns)
        {
            if (turn.Role is "system" or "developer" && !Keeps(turn, result, traits))
            {
                system = Join(system, Text(turn));
                continue;
            }

            if (system is not null && turn.Role == "user")
            {
                Add(result, Prepend(system, turn), traits);
                system = null;
                continue;
            }

            // Instructions that a model turn follows still come before it.
            if (system is not null && result.Count == 0)
            {
                Add(result, new ChatTurn("user", system), traits);
                system = null;
            }

            var spoken = turn.Role is "assistant" or "model" ? turn with { Role = traits is null ? "model" : "assistant" } : turn;
            if (spoken.Role is "model" or "assistant"
                && !result.Exists(earlier => earlier.Role != "system")
                && traits is not { TakesAssistantFirst: true, TakesOnlyAssistant: true }) Add(result, new ChatTurn("user", string.Empty), traits);
            Add(result, spoken, traits);
        }

        if (!string.IsNullOrEmpty(system)) Add(result, new ChatTurn("user", system), traits);
        if (traits is { TakesOnlySystem: false } && result.Count > 0 && result.TrueForAll(turn => turn.Role == "system"))
            return [.. result.Select(turn => turn with { Role = "user" })];
        return result;
    }

    // A system message that the template takes where it stands.
    private static bool Keeps(ChatTurn turn, List<ChatTurn> before, TemplateTraits? traits)
    {
        if (traits is null) return false;
        return (turn.Role == "developer" && traits.Names(turn.Role))
            || (before.TrueForAll(earlier => earlier.Role == "system") ? traits.TakesSystem : traits.TakesLateSystem);
    }

    private static void Add(List<ChatTurn> turns, ChatTurn turn, TemplateTraits? traits)
    {
        var isApart = turns.Count == 0
            || turns[^1].Role != turn.Role
            || (traits is not null && (turn.Role is not ("system" or "user" or "assistant") || (turn.Role != "system" && traits.TakesRepeatedRoles)));
        if (isApart || turn.ToolCalls.Count > 0 || turns[^1].ToolCalls.Count > 0) turns.Add(turn);
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

    private static string Join(string? first, string second) =>
        string.IsNullOrEmpty(first) ? second : string.IsNullOrEmpty(second) ? first : first + Separator + second;
}

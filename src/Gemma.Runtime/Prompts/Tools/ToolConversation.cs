using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Turns messages into the turns a chat template takes: text as it is, calls in the model's own form, results as a user turn, functions announced in the first
/// user turn (after the system text that the template puts in front of it). Neighbours of one role become one turn, as the roles must alternate; other contents
/// are left out.
/// </summary>
internal static class ToolConversation
{
    /// <summary>The turns; their roles are system, user and assistant.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="functions">The functions to announce.</param>
    /// <param name="format">How; null for Gemma's own form.</param>
    public static IReadOnlyList<(ChatRole Role, string Text)> Render(IEnumerable<ChatMessage> messages, IReadOnlyCollection<AIFunctionDeclaration> functions,
        IToolFormat? format = null)
    {
        format ??= ToolFormats.Gemma;
        var names = new Dictionary<string, string>();
        List<ToolTurn> turns = [];
        foreach (var message in messages)
        {
            var role = message.Role == ChatRole.Tool ? ChatRole.User : message.Role;
            if (turns.Count == 0 || turns[^1].Role != role) turns.Add(new ToolTurn(role, format));
            turns[^1].Begin();
            foreach (var content in message.Contents) Add(turns[^1], content, names, format);

            // An assistant's message without words, for example reasoning alone, is no turn.
            if (role == ChatRole.Assistant && turns[^1].IsEmpty) turns.RemoveAt(turns.Count - 1);
        }

        List<(ChatRole Role, string Text)> result = [.. turns.Select(turn => (turn.Role, turn.ToText()))];
        if (functions.Count != 0) Announce(result, format.Declare(functions));
        return result;
    }

    private static void Add(ToolTurn turn, AIContent content, Dictionary<string, string> names, IToolFormat format)
    {
        switch (content)
        {
            case TextContent text:
                turn.AddText(text.Text);
                break;
            case FunctionCallContent call:
                names[call.CallId] = call.Name;
                turn.AddLine(format.Call(call));
                break;
            case FunctionResultContent result:
                turn.AddResult(names.GetValueOrDefault(result.CallId, result.CallId), result);
                break;
        }
    }

    private static void Announce(List<(ChatRole Role, string Text)> turns, string declaration)
    {
        var first = turns.FindIndex(turn => turn.Role == ChatRole.User);
        if (first >= 0) turns[first] = (ChatRole.User, declaration + turns[first].Text);
        else turns.Insert(turns.FindLastIndex(turn => turn.Role == ChatRole.System) + 1, (ChatRole.User, declaration.TrimEnd()));
    }
}

using Gemma.Json;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts;

/// <summary>Turns as the dictionaries that templates expect.</summary>
internal static class TurnValues
{
    /// <summary>The list of messages.</summary>
    public static ListValue Messages(IReadOnlyList<ChatTurn> turns)
    {
        var path = new ValuePath("messages");
        List<JinjaValue> messages = new(turns.Count);
        foreach (var turn in turns) messages.Add(Message(turn, path.Item(messages.Count)));
        return new ListValue(messages);
    }

    private static DictValue Message(ChatTurn turn, ValuePath path)
    {
        var message = new DictValue();
        message.Set("role", JsonValues.Role(turn.Role, path.Member("role")));
        message.Set("content", Content(turn, path.Member("content")));
        Add("name", turn.Name);
        Add("reasoning_content", turn.ReasoningContent);
        if (turn.ToolCalls.Count > 0) message.Set("tool_calls", Calls(turn.ToolCalls, path.Member("tool_calls")));
        Add("tool_call_id", turn.ToolCallId);
        return message;

        void Add(string name, string? text)
        {
            if (text is not null) message.Set(name, Text(text, path.Member(name)));
        }
    }

    private static JinjaValue Content(ChatTurn turn, ValuePath path)
    {
        if (turn.Parts is null) return turn.Content is null ? NoneValue.Instance : Text(turn.Content, path);
        return new ListValue([.. turn.Parts.Select((part, index) => Part(part, path.Item(index)))]);
    }

    private static DictValue Part(ChatTurnPart part, ValuePath path)
    {
        var value = new DictValue();
        value.Set("type", Text(part.Type, path.Member("type")));
        if (part.Text is not null) value.Set("text", Text(part.Text, path.Member("text")));
        return value;
    }

    private static ListValue Calls(IReadOnlyList<ChatTurnCall> calls, ValuePath path) => new([.. calls.Select((call, index) => Call(call, path.Item(index)))]);

    private static DictValue Call(ChatTurnCall call, ValuePath path)
    {
        var function = new DictValue();
        function.Set("name", Text(call.Name, path.Member("function").Member("name")));
        function.Set("arguments", JsonValues.Read(call.Arguments, path.Member("function").Member("arguments")));
        var value = new DictValue();
        value.Set("type", TextValue.FromTemplate("function"));
        if (call.Id is not null) value.Set("id", Text(call.Id, path.Member("id")));
        value.Set("function", function);
        return value;
    }

    private static TextValue Text(string text, ValuePath path) => JsonValues.Text(LoneSurrogates.Replace(text), path);
}

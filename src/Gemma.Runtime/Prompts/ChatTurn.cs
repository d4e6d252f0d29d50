namespace Gemma.Runtime.Prompts;

/// <summary>A message of a conversation, as chat templates see it.</summary>
/// <param name="Role">user, assistant (or model), system, or another role that the template writes as it is.</param>
/// <param name="Content">The text. Ignored where <see cref="Parts"/> is set.</param>
public sealed record ChatTurn(string Role, string Content)
{
    /// <summary>The content as a list of parts, for templates that know it; otherwise null.</summary>
    public IReadOnlyList<ChatTurnPart>? Parts { get; init; }

    /// <summary>The author's name, or of a tool's message the function's; the template's variable <c>name</c>.</summary>
    /// <value>Default null: not there.</value>
    public string? Name { get; init; }

    /// <summary>The calls of an assistant's message; the template's variable <c>tool_calls</c>.</summary>
    /// <value>Default empty: not there.</value>
    public IReadOnlyList<ChatTurnCall> ToolCalls { get; init; } = [];

    /// <summary>Of a tool's message the id of the call that it answers; the template's variable <c>tool_call_id</c>.</summary>
    /// <value>Default null: not there.</value>
    public string? ToolCallId { get; init; }

    /// <summary>What the assistant thought before it answered; the template's variable <c>reasoning_content</c>.</summary>
    /// <value>Default null: not there.</value>
    public string? ReasoningContent { get; init; }
}

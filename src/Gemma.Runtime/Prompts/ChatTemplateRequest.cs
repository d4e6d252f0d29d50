using System.Text.Json;

namespace Gemma.Runtime.Prompts;

/// <summary>What a template renders, besides the conversation as transformers' <c>apply_chat_template</c> takes it.</summary>
public sealed record ChatTemplateRequest
{
    /// <summary>Creates a request.</summary>
    /// <param name="turns">The messages, oldest first.</param>
    public ChatTemplateRequest(IReadOnlyList<ChatTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        Turns = turns;
    }

    /// <summary>The messages, oldest first.</summary>
    public IReadOnlyList<ChatTurn> Turns { get; init; }

    /// <summary>Whether the prompt ends with the begin of the model's turn.</summary>
    /// <value>Default true.</value>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>
    /// Whether the prompt ends where the text of the last message does, so that the model goes on with it; then <see cref="AddGenerationPrompt"/> does not
    /// count.
    /// </summary>
    /// <value>Default false.</value>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>The functions that may be called, each <c>{"type": "function", "function": {"name", "description", "parameters"}}</c>.</summary>
    /// <value>Default empty: the template's variable <c>tools</c> is null.</value>
    public IReadOnlyList<JsonElement> Tools { get; init; } = [];

    /// <summary>Documents to answer from, each an object such as <c>{"title", "text"}</c>.</summary>
    /// <value>Default empty: the template's variable <c>documents</c> is null.</value>
    public IReadOnlyList<JsonElement> Documents { get; init; } = [];

    /// <summary>
    /// Further variables of the template, such as <c>enable_thinking</c>. Those named <c>bos_token</c> and its like replace the tokenizer's and count as the
    /// template's text; all others are input.
    /// </summary>
    /// <value>Default empty.</value>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Which of several named templates renders.</summary>
    /// <value>Default null: <c>tool_use</c> if there are tools and such a template, otherwise <c>default</c>.</value>
    public string? TemplateName { get; init; }
}

namespace Gemma.Runtime.Prompts;

/// <summary>How a model is told of functions, and how it writes calls. Calls in any of the known notations are found whatever the format is.</summary>
public enum ToolFormat
{
    /// <summary>Google's guide to function calling with Gemma, JSON variant: a call is <c>{"name": …, "parameters": …}</c>.</summary>
    Gemma,

    /// <summary>The same guide's variant in Python's notation: calls are <c>[name(parameter=value), …]</c>.</summary>
    Python,

    /// <summary>Hermes and ChatML fine-tunes: a call is JSON in <c>&lt;tool_call&gt;</c> tags.</summary>
    Hermes,

    /// <summary>What the chat template itself renders of functions, calls and results.</summary>
    Template,
}

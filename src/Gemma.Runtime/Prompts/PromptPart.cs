namespace Gemma.Runtime.Prompts;

/// <summary>A piece of a rendered prompt.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsControl">Whether the template wrote it as control tokens. Text of a message or a role never is.</param>
public readonly record struct PromptPart(string Text, bool IsControl);

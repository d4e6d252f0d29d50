namespace Gemma.Runtime.Prompts;

/// <summary>A part of a message.</summary>
/// <param name="Type">text or image; the templates pass over other parts.</param>
/// <param name="Text">The text of a text part, otherwise null.</param>
public sealed record ChatTurnPart(string Type, string? Text = null);

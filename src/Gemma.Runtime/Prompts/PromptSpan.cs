namespace Gemma.Runtime.Prompts;

/// <summary>A part of a rendered prompt that the template did not write.</summary>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends, exclusive.</param>
/// <param name="Source">Where it stands in the template's input, such as <c>messages[0].content</c>, with <c>#key</c> behind for the name of a member; null for
/// what was written around texts of the input: quotes, braces and commas.</param>
public readonly record struct PromptSpan(int Start, int End, string? Source);

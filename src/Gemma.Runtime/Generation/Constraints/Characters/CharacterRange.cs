namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>Code points from one to another, both included.</summary>
internal readonly record struct CharacterRange(int Low, int High);

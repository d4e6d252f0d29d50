namespace Gemma.Runtime.Classification;

/// <summary>A document and how well it answers a query.</summary>
/// <param name="Index">The document's place in the input, from 0.</param>
/// <param name="Document">The document.</param>
/// <param name="Score">The head's score; comparable within one query.</param>
public readonly record struct RankedDocument(int Index, string Document, float Score);

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Schemas of which one must hold.</summary>
/// <param name="Owner">The schema that says so.</param>
/// <param name="Alternatives">The schemas.</param>
/// <param name="IsExclusive">Whether no two of them may hold.</param>
internal sealed record SchemaChoice(SchemaNode Owner, IReadOnlyList<SchemaNode> Alternatives, bool IsExclusive);

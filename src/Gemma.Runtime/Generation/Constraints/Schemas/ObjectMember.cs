using Gemma.Runtime.Generation.Constraints.Automata;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>A declared property.</summary>
/// <param name="Name">Its name as it is written, in UTF-8.</param>
/// <param name="Value">Its value.</param>
/// <param name="IsRequired">Whether it must be there.</param>
internal readonly record struct ObjectMember(byte[] Name, GrammarRule Value, bool IsRequired);

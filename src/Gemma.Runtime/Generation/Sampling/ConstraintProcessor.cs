using Gemma.Runtime.Generation.Constraints;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Forbids what a constraint does not allow.</summary>
internal sealed class ConstraintProcessor(ITokenConstraint constraint) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens) => constraint.Mask(scores.Values);
}

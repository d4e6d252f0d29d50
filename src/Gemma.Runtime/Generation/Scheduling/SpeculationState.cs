namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>How guessing ahead went for one request.</summary>
internal sealed class SpeculationState
{
    /// <summary>How many tokens to guess next time.</summary>
    public int Length { get; set; } = 4;

    /// <summary>Time that may be lost by guessing, in single steps: what it won so far and a small allowance.</summary>
    public double Balance { get; set; } = 1;
}

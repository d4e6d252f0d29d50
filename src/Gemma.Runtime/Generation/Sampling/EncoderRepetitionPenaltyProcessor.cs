namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Makes the prompt's tokens more likely.</summary>
internal sealed class EncoderRepetitionPenaltyProcessor(double penalty, int vocabularySize, int promptLength) : LogitsProcessor
{
    private readonly RepetitionPenaltyProcessor _inverse = new(1 / penalty, vocabularySize);

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens) => _inverse.Process(scores, tokens[..promptLength]);
}

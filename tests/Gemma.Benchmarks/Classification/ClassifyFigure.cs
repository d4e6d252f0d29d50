namespace Gemma.Benchmarks.Classification;

/// <summary>What one way of reading took.</summary>
/// <param name="What">The way.</param>
/// <param name="Tokens">Tokens read.</param>
/// <param name="Time">By the clock.</param>
/// <param name="Processor">Processor time of all threads: tells more where other programs run.</param>
internal sealed record ClassifyFigure(string What, int Tokens, TimeSpan Time, TimeSpan Processor)
{
    public double TokensPerSecond => Tokens / Time.TotalSeconds;
}

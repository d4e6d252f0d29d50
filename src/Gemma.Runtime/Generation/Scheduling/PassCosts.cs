namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// What passes take while so many requests run, learnt from those that ran. Costs are in steps: a step is a pass over one token of each request.
/// </summary>
internal sealed class PassCosts
{
    private const double Smoothing = 0.2;
    private const double Memory = 0.8;
    private const double LeastPerToken = 0.02;
    private const double MostPerToken = 2;
    private const int ColdGuesses = 2;

    // A line through what checking cost, by least squares. It begins with 0.25 a token, at 2 and at 8: the 2b shape on two cores.
    private double _passes = 5;
    private double _tokens = 25;
    private double _squares = 170;
    private double _costs = 6.25;
    private double _products = 42.5;
    private double _readToken = 0.01;
    private int _steps;
    private int _guesses;

    /// <summary>Whether steps were measured, without which nothing can be said.</summary>
    public bool IsKnown => _steps > 1;

    /// <summary>Whether the draft model's passes were measured.</summary>
    public bool KnowsGuesses => _guesses > ColdGuesses;

    /// <summary>Seconds of a step.</summary>
    private double StepSeconds { get; set; }

    /// <summary>A pass of the draft model over one token of each request.</summary>
    public double DraftPass { get; private set; } = 0.25;

    /// <summary>One more token of each request where guesses are checked.</summary>
    public double CheckedToken
    {
        get
        {
            // As long as all passes had about as many tokens, their costs say nothing of the slope: it is taken for that of a line through nothing.
            var (tokens, cost) = (_tokens / _passes, _costs / _passes);
            var slope = ((_products / _passes) - (tokens * cost) + (cost / tokens)) / ((_squares / _passes) - (tokens * tokens) + 1);
            return Math.Clamp(slope, LeastPerToken, MostPerToken);
        }
    }

    /// <summary>Checking so many guesses of each request, beyond a step.</summary>
    public double Check(double tokens) =>
        tokens == 0 ? 0 : Math.Max(tokens * LeastPerToken, (_costs / _passes) + (CheckedToken * (tokens - (_tokens / _passes))));

    /// <summary>The draft model's reading of so many tokens.</summary>
    public double Read(int tokens) => _readToken * tokens;

    // The first step of a size allocates.
    public void ObserveStep(TimeSpan elapsed) => StepSeconds = _steps++ < 2 ? elapsed.TotalSeconds : Smooth(StepSeconds, elapsed.TotalSeconds);

    /// <returns>What it cost.</returns>
    public double ObserveRead(int tokens, TimeSpan elapsed)
    {
        var cost = Math.Min(MostPerToken * tokens, Steps(elapsed));
        _readToken = Smooth(_readToken, cost / tokens);
        return cost;
    }

    /// <returns>What it cost.</returns>
    public double ObserveGuess(int passes, TimeSpan elapsed)
    {
        // The first passes of a model allocate.
        if (_guesses++ < ColdGuesses) return DraftPass * passes;
        var cost = Math.Min(MostPerToken * passes, Steps(elapsed));
        DraftPass = Smooth(DraftPass, cost / passes);
        return cost;
    }

    /// <param name="tokens">Guesses that were checked of each request, on average.</param>
    /// <param name="elapsed">The whole pass.</param>
    public void ObserveCheck(double tokens, TimeSpan elapsed)
    {
        var cost = Math.Clamp(Steps(elapsed) - 1, tokens * LeastPerToken, tokens * MostPerToken);
        _passes = (_passes * Memory) + 1;
        _tokens = (_tokens * Memory) + tokens;
        _squares = (_squares * Memory) + (tokens * tokens);
        _costs = (_costs * Memory) + cost;
        _products = (_products * Memory) + (tokens * cost);
    }

    private static double Smooth(double old, double next) => old + (Smoothing * (next - old));

    private double Steps(TimeSpan elapsed) => elapsed.TotalSeconds / StepSeconds;
}

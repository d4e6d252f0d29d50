namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>
/// What passes take while so many requests run, learnt from those that ran. Costs are in steps: a step is a pass over one token of each request.
/// </summary>
internal sealed class PassCosts
{
    private const double Smoothing = 0.2;
    private const double Memory = 0.9;

    private const double LeastPerToken = 0.02;
    private const double MostPerToken = 2;
    private const int ColdGuesses = 2;
    private const double LikelyDraftPass = 0.25;
    private const double LikelyCheckedToken = 0.25;
    private const double LikelyReadToken = 0.01;

    // A pass that took longer than usual by so much met something else: its first use of a buffer, or another process. It is paid for, up to a limit, but what
    // is usual changes by no more.
    private const double MostChange = 1.25;
    private const double MostPaid = 8;

    // Sums for a line through what checking cost, by least squares.
    private const int Passes = 0;
    private const int Tokens = 1;
    private const int Squares = 2;
    private const int Costs = 3;
    private const int Products = 4;

    // The line begins with 0.25 a token, at 2 and at 8: the 2b shape on two cores.
    private static readonly double[] Likely = [10, 50, 340, 12.5, 85];
    private readonly double[] _sums = [.. Likely];

    // Bits: numbers of guesses that were checked before.
    private uint _checked;
    private double _readToken = LikelyReadToken;
    private int _steps;
    private int _reads;
    private int _guesses;

    /// <summary>Whether steps were measured, without which nothing can be said.</summary>
    public bool IsKnown => _steps > 1;

    /// <summary>Whether the draft model's passes were measured.</summary>
    public bool KnowsGuesses => _guesses > ColdGuesses;

    /// <summary>Seconds of a step.</summary>
    private double StepSeconds { get; set; }

    /// <summary>A pass of the draft model over one token of each request.</summary>
    public double DraftPass { get; private set; } = LikelyDraftPass;

    /// <summary>One more token of each request where guesses are checked.</summary>
    public double CheckedToken
    {
        get
        {
            // As long as all passes had about as many tokens, their costs say nothing of the slope: it is taken for that of a line through nothing.
            var (tokens, cost) = (Mean(Tokens), Mean(Costs));
            var slope = (Mean(Products) - (tokens * cost) + (cost / tokens)) / (Mean(Squares) - (tokens * tokens) + 1);
            return Math.Clamp(slope, LeastPerToken, MostPerToken);
        }
    }

    /// <summary>Checking so many guesses of each request, beyond a step.</summary>
    public double Check(double tokens) =>
        tokens == 0 ? 0 : Math.Max(tokens * LeastPerToken, Mean(Costs) + (CheckedToken * (tokens - Mean(Tokens))));

    /// <summary>The draft model's reading of so many tokens.</summary>
    public double Read(int tokens) => _readToken * tokens;

    // The first step of a size allocates.
    public void ObserveStep(TimeSpan elapsed) => StepSeconds = _steps++ < 2
        ? elapsed.TotalSeconds
        : Smooth(StepSeconds, Math.Min(MostChange * StepSeconds, elapsed.TotalSeconds));

    /// <returns>What it cost.</returns>
    public double ObserveRead(int tokens, TimeSpan elapsed)
    {
        // The first one allocates, too.
        if (_reads++ == 0) return Read(tokens);
        var cost = Math.Min(MostPerToken * tokens, Steps(elapsed));
        _readToken = _reads == 2 ? cost / tokens : Smooth(_readToken, Math.Min(MostChange * _readToken, cost / tokens));
        return Math.Min(cost, Math.Max(MostPaid, MostChange * Read(tokens)));
    }

    /// <param name="tokens">What the draft model read of each request, its last guess among them.</param>
    /// <param name="elapsed">The whole pass.</param>
    /// <returns>What it cost.</returns>
    public double ObserveGuess(int tokens, TimeSpan elapsed)
    {
        var missed = Read(tokens - 1);
        if (_guesses++ < ColdGuesses) return DraftPass + missed;
        var cost = Math.Min(MostPaid, Steps(elapsed));
        DraftPass = Smooth(DraftPass, Math.Clamp(cost - missed, LeastPerToken, MostChange * DraftPass));
        return cost;
    }

    /// <summary>What was too slow once may be tried again some time.</summary>
    public void Forget()
    {
        DraftPass = Math.Min(DraftPass, Smooth(DraftPass, LikelyDraftPass));
        _readToken = Math.Min(_readToken, Smooth(_readToken, LikelyReadToken));
        if (Mean(Costs) > Mean(Tokens) * LikelyCheckedToken) AddCheck(1 - Memory, Likely);
    }

    /// <param name="tokens">Guesses that were checked of each request, on average.</param>
    /// <param name="elapsed">The whole pass.</param>
    /// <returns>What it cost beyond a step.</returns>
    public double ObserveCheck(double tokens, TimeSpan elapsed)
    {
        var bit = 1U << Math.Min(31, (int)Math.Round(tokens));
        if ((_checked & bit) == 0)
        {
            // The first one of a size allocates.
            _checked |= bit;
            return Check(tokens);
        }

        var cost = Math.Clamp(Steps(elapsed) - 1, tokens * LeastPerToken, Math.Min(tokens * MostPerToken, MostPaid));
        var change = Math.Min(cost, (MostChange * (1 + Check(tokens))) - 1);
        AddCheck(1, [1, tokens, tokens * tokens, change, tokens * change]);
        return cost;
    }

    private double Mean(int sum) => _sums[sum] / _sums[Passes];

    private void AddCheck(double weight, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < _sums.Length; i++) _sums[i] = (_sums[i] * Memory) + (weight * values[i]);
    }

    private static double Smooth(double old, double next) => old + (Smoothing * (next - old));

    private double Steps(TimeSpan elapsed) => elapsed.TotalSeconds / StepSeconds;
}

using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Constraints;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>The tokens guessed for one request, and how guessing went for it so far. Used by the inference thread only.</summary>
/// <param name="task">The request.</param>
internal sealed class Draft(GenerationTask task)
{
    private int[] _tokens = [];
    private int _start;

    public GenerationTask Task => task;

    /// <summary>The token to run and the guessed ones behind it.</summary>
    public ReadOnlyMemory<int> Tokens => _tokens.AsMemory(0, Count + 1);

    /// <summary>Guessed tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The most tokens to guess now.</summary>
    public int Room { get; set; }

    /// <summary>How many tokens prompt lookup guesses next time.</summary>
    public int LookupLength { get; private set; } = 4;

    /// <summary>Time that may be lost by guessing, in steps: what was won so far and a small allowance.</summary>
    public double Balance { get; set; } = 1;

    /// <summary>The draft model's sequence, or null. It may end with guessed tokens.</summary>
    public IEngineSequence? Sequence { get; set; }

    /// <summary>The request's constraint after the guessed tokens, or null.</summary>
    public ITokenConstraint? Constraint { get; set; }

    /// <summary>How likely all guessed tokens are right, in the draft model's opinion.</summary>
    public double Chance { get; private set; }

    /// <summary>How many of them are right on average, in its opinion.</summary>
    public double Expected { get; private set; }

    /// <summary>Begins a guess of at most so many tokens.</summary>
    public void Begin(int room)
    {
        if (_tokens.Length <= room) Array.Resize(ref _tokens, room + 1);
        _tokens[0] = task.Tokens[^1];
        (_start, Count, Room, Chance, Expected) = (task.Tokens.Length, 0, room, 1, 0);
    }

    /// <summary>Guesses at most so many tokens by prompt lookup.</summary>
    /// <returns>Whether there are any.</returns>
    public bool LookUp(int room) => (Count = PromptLookup.Draft(task.Tokens, _tokens.AsSpan(1, room))) > 0;

    /// <summary>Guesses a further token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="confidence">How likely it is right if those before it are.</param>
    public void Add(int token, double confidence)
    {
        _tokens[++Count] = token;
        Chance *= confidence;
        Expected += Chance;
    }

    /// <summary>Ends the guess: forgets the tokens that were not right.</summary>
    /// <param name="right">How many were, from the first one on.</param>
    /// <param name="most">The most that prompt lookup guesses.</param>
    public void Settle(int right, int most)
    {
        if (Count > 0) LookupLength = right == Count ? Math.Min(most, Count * 2) : Math.Max(2, right + 1);
        if (Sequence is { } sequence && sequence.Length > _start + right) sequence.Truncate(_start + right);
    }
}

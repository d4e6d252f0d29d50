namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>A language of texts, read code point by code point. From every state that it reports some text is completed. Immutable.</summary>
internal interface ICharacterAutomaton
{
    /// <summary>The number that stands for no limit.</summary>
    const int Unlimited = int.MaxValue;

    /// <summary>The cost of what cannot be completed.</summary>
    const int Impossible = 1 << 28;

    /// <summary>More characters than any token has.</summary>
    const int MaxTried = 512;

    /// <summary>The state before the text.</summary>
    int Start { get; }

    /// <summary>The state after a code point, or -1 if it may not follow.</summary>
    int Step(int state, int codePoint);

    /// <summary>The code point of a range after which the fewest bytes complete the text, or -1 if none may follow.</summary>
    int Cheapest(int state, int low, int high);

    /// <summary>Whether the text may end.</summary>
    bool IsAccepting(int state);

    /// <summary>The fewest bytes of a JSON string that complete the text.</summary>
    int Cost(int state);

    /// <summary>How many <see cref="PlainText">plain</see> characters may follow, whichever they are.</summary>
    int PlainRun(int state);

    /// <summary>A state that stands for this one as long as fewer than <see cref="MaxTried"/> characters follow.</summary>
    int Near(int state) => state;

    /// <summary>How many different texts may follow; <see cref="long.MaxValue"/> if they are without number.</summary>
    long Count(int state);
}

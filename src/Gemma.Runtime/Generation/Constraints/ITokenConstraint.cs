namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// Limits which token may come next in one sequence: a grammar over tokens. It has the state of its sequence, so every sequence has its own, and one thread
/// uses it at a time.
/// </summary>
internal interface ITokenConstraint
{
    /// <summary>
    /// Whether the text so far is complete and cannot go on: only a stop id may follow. Stop ids may also be allowed earlier, where the text may end but may as
    /// well go on.
    /// </summary>
    bool IsComplete { get; }

    /// <summary>Whether the text is of use only as a whole, such as JSON, so that nothing but its own end may end it.</summary>
    bool IsWhole => false;

    /// <summary>
    /// Sets the scores of all ids that must not come next to negative infinity and leaves the others as they are; ids above the tokenizer's vocabulary are
    /// forbidden.
    /// </summary>
    /// <param name="scores">One score per id of the model's vocabulary.</param>
    void Mask(Span<float> scores);

    /// <summary>Moves on by the token that was chosen. A stop id, where it is allowed, changes nothing.</summary>
    /// <exception cref="InvalidOperationException">The token is one that <see cref="Mask"/> forbids.</exception>
    void Accept(int token);

    /// <summary>A constraint of the same text so far that goes on by itself, to guess ahead with; null: nothing is guessed under it.</summary>
    ITokenConstraint? Fork() => null;
}

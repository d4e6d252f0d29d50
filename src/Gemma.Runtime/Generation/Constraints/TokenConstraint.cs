using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Tokens;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>One sequence's way through an automaton that many share.</summary>
/// <param name="grammar">The grammar over a vocabulary.</param>
/// <param name="stopIds">The ids that may end the text where it may end.</param>
/// <param name="maxTokens">If not null, the text is led to its end within so many tokens (the stop id is one of them), where that is possible.</param>
internal sealed class TokenConstraint(TokenGrammar grammar, IReadOnlyCollection<int> stopIds, int? maxTokens) : ITokenConstraint
{
    private readonly int[] _stopIds = [.. stopIds];
    private AutomatonState _state = grammar.Start;
    private long _remaining = maxTokens ?? long.MaxValue;
    private bool _isOver;

    /// <inheritdoc/>
    public bool IsComplete => _isOver || _state.IsComplete;

    /// <inheritdoc/>
    public bool IsWhole => !grammar.Start.IsAccepting;

    /// <inheritdoc/>
    public void Mask(Span<float> scores)
    {
        ReadOnlySpan<int> stops = _state.IsAccepting ? _stopIds : [];

        // The last token of a text that may end is the one that ends it.
        if (IsComplete || (_state.IsAccepting && _remaining <= 1)) TokenMask.None.Apply(scores, _stopIds);
        else grammar.Allowed(_state, _remaining).Apply(scores, stops);
    }

    /// <inheritdoc/>
    public void Accept(int token)
    {
        _remaining--;
        if (_stopIds.Contains(token) && (_isOver || _state.IsAccepting))
        {
            _isOver = true;
            return;
        }

        var next = _isOver ? null : grammar.Step(_state, token);
        _state = next ?? throw new InvalidOperationException($"The token {token} does not follow the grammar.");
    }

    /// <inheritdoc/>
    public ITokenConstraint Fork() => (TokenConstraint)MemberwiseClone();
}

namespace Gemma.Runtime.Generation;

/// <summary>Limits which tokens may come next: a grammar, a schema, a list of choices. One instance serves one sequence, on the inference thread.</summary>
internal interface ITokenConstraint
{
    /// <summary>Sets the score of every token that may not come next to negative infinity. At least one must remain.</summary>
    /// <param name="scores">[vocabulary].</param>
    void Mask(Span<float> scores);

    /// <summary>Tells which token was chosen.</summary>
    void Accept(int token);
}

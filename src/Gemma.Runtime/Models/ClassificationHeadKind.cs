namespace Gemma.Runtime.Models;

/// <summary>What a score head is applied to.</summary>
public enum ClassificationHeadKind
{
    /// <summary>One pooled token per text: GemmaForSequenceClassification.</summary>
    Sequence,

    /// <summary>Every token: GemmaForTokenClassification.</summary>
    Token,
}

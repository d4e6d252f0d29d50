namespace Gemma.Runtime.Models.Architecture;

/// <summary>Which of transformers' Gemma classes a checkpoint is for.</summary>
public enum GemmaArchitecture
{
    /// <summary>GemmaForCausalLM (also FlaxGemmaForCausalLM): the backbone and a language-model head.</summary>
    CausalLM,

    /// <summary>GemmaModel (also FlaxGemmaModel): saved as the backbone only; the tied embedding still serves as lm_head.</summary>
    Model,

    /// <summary>GemmaForSequenceClassification: the backbone and a score per text.</summary>
    SequenceClassification,

    /// <summary>GemmaForTokenClassification: the backbone and a score per token.</summary>
    TokenClassification,
}

namespace Gemma.Runtime.Models;

/// <summary>When beam search stops: transformers' <c>early_stopping</c>.</summary>
public enum EarlyStopping
{
    /// <summary>When a better finished sequence is unlikely, judged by the current length: <c>false</c>.</summary>
    Heuristic,

    /// <summary>As soon as there are as many finished sequences as beams: <c>true</c>.</summary>
    WhenEnough,

    /// <summary>When no better finished sequence is possible: <c>"never"</c>.</summary>
    Never,
}

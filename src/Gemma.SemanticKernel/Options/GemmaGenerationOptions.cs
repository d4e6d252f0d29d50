using System.ComponentModel.DataAnnotations;

namespace Gemma.SemanticKernel;

/// <summary>Defaults of requests. What is null comes from the checkpoint's <c>generation_config.json</c>.</summary>
public sealed class GemmaGenerationOptions
{
    /// <summary>Randomness: 0 always takes the most likely token.</summary>
    /// <value>0 to 100, default null.</value>
    [Range(0.0, 100.0)]
    public float? Temperature { get; set; }

    /// <summary>Only the most likely tokens that together have this probability are considered.</summary>
    /// <value>Above 0 up to 1, default null.</value>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public float? TopP { get; set; }

    /// <summary>Only this many most likely tokens are considered.</summary>
    /// <value>At least 1, default null.</value>
    [Range(1, int.MaxValue)]
    public int? TopK { get; set; }

    /// <summary>The most tokens of an answer.</summary>
    /// <value>At least 1, default null: the room that is left in the context.</value>
    [Range(1, int.MaxValue)]
    public int? MaxOutputTokens { get; set; }

    /// <summary>Divides the scores of tokens that occurred already.</summary>
    /// <value>Above 0, default null; 1 changes nothing.</value>
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public float? RepetitionPenalty { get; set; }
}

using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation;

/// <summary>How one request chooses tokens and when it stops.</summary>
public sealed record GenerationRequest
{
    /// <summary>Settings that override the model's <c>generation_config.json</c>; what is null there counts from the model.</summary>
    /// <value>Default null: the model's defaults.</value>
    public GenerationConfig? Config { get; init; }

    /// <summary>Texts that end the generation wherever they appear; they are not part of the output.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<string> StopSequences { get; init; } = [];

    /// <summary>Tokens that end the generation.</summary>
    /// <value>Default null: those of the configuration, and the end of a turn where the tokenizer has one.</value>
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    /// <summary>The most new tokens. Null takes the model's default, or the room that is left in the context.</summary>
    /// <value>At least 1; default null.</value>
    public int? MaxNewTokens { get; init; }

    /// <summary>Whether control tokens such as <c>&lt;end_of_turn&gt;</c> appear in the text.</summary>
    /// <value>Default false.</value>
    public bool IncludeSpecialTokens { get; init; }

    /// <summary>Among waiting requests those of a higher priority start first; ten seconds of waiting count as one more.</summary>
    /// <value>Any number; default 0.</value>
    public int Priority { get; init; }

    /// <summary>How long the request may take, waiting included; then it ends with <see cref="GemmaTimeoutException"/>.</summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? Timeout { get; init; }

    internal ITokenConstraint? Constraint { get; init; }

    // Sees the text as it is generated, on the inference thread; true ends the generation.
    internal Func<string, bool>? IsLastText { get; init; }
}

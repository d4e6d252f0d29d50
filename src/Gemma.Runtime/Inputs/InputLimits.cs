using Gemma.Tokenization;

namespace Gemma.Runtime.Inputs;

/// <summary>How texts become tokens.</summary>
/// <param name="MaxLength">The most tokens of a text, or null for the model's own limit.</param>
/// <param name="TruncationSide">Where longer texts are cut; null refuses them.</param>
/// <param name="RecognizeControlTokens">Whether a control token's text counts as the token.</param>
internal readonly record struct InputLimits(int? MaxLength, TokenizerSide? TruncationSide, bool RecognizeControlTokens);

using System.Globalization;

namespace Gemma.Runtime.Models;

/// <summary>
/// The inputs and outputs of a decoder graph: what conversion writes and engines bind. The names are those of ONNX Runtime GenAI's builder; inputs that GenAI
/// does not know are initializers too, and so may be left out.
/// </summary>
internal static class GraphNames
{
    /// <summary>Input [rows, tokens]: token ids.</summary>
    public const string InputIds = "input_ids";

    /// <summary>Input [rows, total tokens]: 1 for each token of the text, past ones included, 0 for padding.</summary>
    public const string AttentionMask = "attention_mask";

    /// <summary>Optional input [1]: for how many of the last tokens logits are computed.</summary>
    public const string LogitsToKeep = "logits_to_keep";

    /// <summary>Optional input [rows]: how many tokens the caches of sliding-window layers have dropped.</summary>
    public const string WindowDropped = "window_dropped";

    /// <summary>Optional input, one number: how much shorter the longest row is in those caches.</summary>
    public const string WindowCut = "window_cut";

    /// <summary>Output [rows, kept tokens, vocabulary].</summary>
    public const string Logits = "logits";

    /// <summary>Output [rows, tokens, hidden]: the states behind the last norm.</summary>
    public const string HiddenStates = "hidden_states";

    /// <summary>What the names of caches' inputs begin with.</summary>
    public const string PastPrefix = "past_key_values.";

    /// <summary>What the names of caches' outputs begin with.</summary>
    public const string PresentPrefix = "present.";

    /// <summary>The inputs of caches, as GenAI writes their names: %d is the cache's number.</summary>
    public const string PastPattern = PastPrefix + "%d.";

    /// <summary>The outputs of caches, as GenAI writes their names: %d is the cache's number.</summary>
    public const string PresentPattern = PresentPrefix + "%d.";

    /// <summary>The part of a cache that holds keys.</summary>
    public const string Key = "key";

    /// <summary>The part of a cache that holds values.</summary>
    public const string Value = "value";

    /// <summary>Input [rows, key-value heads, past tokens, head size]: a cache's keys or values.</summary>
    public static string Past(int cache, string part) => Name(PastPattern, cache, part);

    /// <summary>Output [rows, key-value heads, total tokens, head size]: the same with those of the new tokens.</summary>
    public static string Present(int cache, string part) => Name(PresentPattern, cache, part);

    private static string Name(string pattern, int cache, string part) =>
        pattern.Replace("%d", cache.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) + part;
}

namespace Gemma.Benchmarks.Serving;

/// <summary>The kinds of requests.</summary>
internal enum MixedKind
{
    /// <summary>A chat, read as it streams.</summary>
    Chat,

    /// <summary>A chat that must call a function.</summary>
    Tool,

    /// <summary>A chat whose answer follows a schema.</summary>
    Schema,

    /// <summary>Texts for a classification head.</summary>
    Classify,

    /// <summary>Texts for an embedding.</summary>
    Embed,

    /// <summary>Ids whose probabilities are asked for.</summary>
    Score,
}

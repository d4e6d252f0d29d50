namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>What a grammar must know of a tokenizer: the bytes that each id stands for. Thread-safe.</summary>
internal interface ITokenBytes
{
    /// <summary>The number of ids.</summary>
    int Count { get; }

    /// <summary>The UTF-8 bytes that the id adds to the text; of a byte-fallback piece its one byte.</summary>
    ReadOnlySpan<byte> GetBytes(int id);

    /// <summary>Whether the id is a control token, an unused one or otherwise no text.</summary>
    bool IsSpecial(int id);
}

namespace Gemma.Runtime.Engines;

/// <summary>One sequence's keys and values inside an engine. Used by the engine's one thread only.</summary>
internal interface IEngineSequence : IDisposable
{
    /// <summary>How many tokens the key-value cache holds.</summary>
    int Length { get; }

    /// <summary>The logits of the last run, [rows, vocabulary], where rows is what the input asked to keep; valid until the engine's next run.</summary>
    ReadOnlySpan<float> Logits { get; }

    /// <summary>
    /// The token that the engine chose in the last run, in place of logits, or null; valid until the engine's next run. It is no part of the sequence until a
    /// run appends it.
    /// </summary>
    int? SampledToken => null;

    /// <summary>The normalised hidden states of the last run, [tokens, hidden], if the input asked for them; valid until the engine's next run.</summary>
    ReadOnlySpan<float> HiddenStates { get; }

    /// <summary>
    /// The shortest length, besides 0, that the sequence can be cut to or copied up to: layers with a sliding window have dropped what only shorter ones need.
    /// </summary>
    int ShortestLength => 0;

    /// <summary>Announces the length that the sequence will reach, so that memory is taken once; a hint.</summary>
    void Reserve(int length);

    /// <summary>Forgets all tokens from <paramref name="length"/> on.</summary>
    void Truncate(int length);

    /// <summary>Replaces the content by the first <paramref name="length"/> tokens of another sequence of the same engine.</summary>
    void CopyFrom(IEngineSequence source, int length);
}

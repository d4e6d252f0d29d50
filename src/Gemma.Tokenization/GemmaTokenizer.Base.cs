using System.Buffers;
using Gemma.Tokenization.BytePairs;
using Microsoft.ML.Tokenizers;

namespace Gemma.Tokenization;

// The contract of Microsoft.ML.Tokenizers: no BOS or EOS, control tokens as ordinary text.
public sealed partial class GemmaTokenizer
{
    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Decode([.. ids], skipSpecialTokens: false);
    }

    /// <summary>Decodes ids into the caller's memory, as many as fit with whole characters.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="destination">Receives the text.</param>
    /// <param name="idsConsumed">Number of ids whose text is there.</param>
    /// <param name="charsWritten">Length of the text.</param>
    /// <returns>Done, or DestinationTooSmall.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="ids"/> is null.</exception>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        (idsConsumed, charsWritten) = (0, 0);
        var decoder = CreateDecoder(skipSpecialTokens: false, StreamingMode.Exact);
        var seen = 0;
        foreach (var id in ids)
        {
            // Text comes when a run of byte pieces has ended; up to there the ids before this one are done.
            seen++;
            var text = decoder.Append(id);
            if (text.Length == 0) continue;
            var own = _decoder.GetOwnText(id);
            var held = text.AsSpan(0, text.Length - own.Length);
            if (!TryWrite(held, destination, ref charsWritten)) return OperationStatus.DestinationTooSmall;
            if (held.Length > 0) idsConsumed = seen - 1;
            if (!TryWrite(own, destination, ref charsWritten)) return OperationStatus.DestinationTooSmall;
            idsConsumed = seen;
        }

        if (!TryWrite(decoder.Flush(), destination, ref charsWritten)) return OperationStatus.DestinationTooSmall;
        idsConsumed = seen;
        return OperationStatus.Done;
    }

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var span = text is null ? textSpan : text.AsSpan();
        var buffer = CreateBuffer(span, settings);
        try
        {
            _ordinary.Encode(span, ref buffer);
            var count = CountFromStart(buffer, settings.MaxTokenCount);
            var tokens = new EncodedToken[count];
            for (var i = 0; i < count; i++) tokens[i] = new EncodedToken(buffer.Ids[i], GetPiece(buffer.Ids[i])!, new Range(buffer.Starts[i], buffer.Ends[i]));
            return new EncodeResults<EncodedToken> { Tokens = tokens, NormalizedText = null, CharsConsumed = End(buffer, count, span.Length) };
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var span = text is null ? textSpan : text.AsSpan();
        var buffer = CreateBuffer(span, settings);
        try
        {
            _ordinary.Encode(span, ref buffer);
            var count = CountFromStart(buffer, settings.MaxTokenCount);
            return new EncodeResults<int> { Tokens = buffer.Ids[..count].ToArray(), NormalizedText = null, CharsConsumed = End(buffer, count, span.Length) };
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var span = text is null ? textSpan : text.AsSpan();
        var buffer = CreateBuffer(span, settings);
        try
        {
            _ordinary.Encode(span, ref buffer);
            return CountFromStart(buffer, settings.MaxTokenCount);
        }
        finally
        {
            buffer.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd, out string? normalizedText,
        out int tokenCount)
    {
        normalizedText = null;
        var span = text is null ? textSpan : text.AsSpan();
        var buffer = fromEnd ? new TokenBuffer((span.Length / 3) + 2, places: true) : CreateBuffer(span, settings);
        try
        {
            _ordinary.Encode(span, ref buffer);
            tokenCount = fromEnd ? CountFromEnd(buffer, settings.MaxTokenCount) : CountFromStart(buffer, settings.MaxTokenCount);
            if (!fromEnd) return End(buffer, tokenCount, span.Length);
            return tokenCount == 0 ? span.Length : buffer.Starts[^tokenCount];
        }
        finally
        {
            buffer.Dispose();
        }
    }

    // One token more than wanted, to see whether a character goes on.
    private static TokenBuffer CreateBuffer(ReadOnlySpan<char> text, EncodeSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxTokenCount);
        return new TokenBuffer(Math.Min((text.Length / 3) + 2, settings.MaxTokenCount), places: true, settings.MaxTokenCount);
    }

    // The most tokens within the limit that end with a whole character.
    private static int CountFromStart(in TokenBuffer buffer, int limit)
    {
        if (buffer.Count <= limit) return buffer.Count;
        var count = limit;
        while (count > 0 && buffer.Starts[count] == buffer.Starts[count - 1]) count--;
        return count;
    }

    private static int CountFromEnd(in TokenBuffer buffer, int limit)
    {
        if (buffer.Count <= limit) return buffer.Count;
        var count = limit;
        while (count > 0 && buffer.Starts[^count] == buffer.Starts[^(count + 1)]) count--;
        return count;
    }

    private static int End(in TokenBuffer buffer, int count, int length) => count == buffer.Count ? length : count == 0 ? 0 : buffer.Ends[count - 1];

    private static bool TryWrite(ReadOnlySpan<char> text, Span<char> destination, ref int written)
    {
        if (!text.TryCopyTo(destination[written..])) return false;
        written += text.Length;
        return true;
    }
}

namespace Gemma.Tokenization;

/// <summary>Encodes a batch: truncation of the texts, then BOS and EOS, then padding.</summary>
/// <remarks>Source: tokenizers' <c>truncate_encodings</c>, <c>TemplateProcessing</c> and <c>pad_encodings</c>.</remarks>
internal sealed class BatchEncoder
{
    private readonly GemmaTokenizer _tokenizer;
    private readonly BatchEncodingOptions _options;
    private readonly int[] _before;
    private readonly int[] _after;
    private readonly List<Sequence> _sequences = [];

    public BatchEncoder(GemmaTokenizer tokenizer, BatchEncodingOptions options)
    {
        _tokenizer = tokenizer;
        _options = options;
        _before = options.AddSpecialTokens && (options.AddBosToken ?? tokenizer.AddBosToken)
            ? [tokenizer.BosTokenId ?? throw Missing("AddBosToken", "BOS")]
            : [];
        _after = options.AddSpecialTokens && (options.AddEosToken ?? tokenizer.AddEosToken)
            ? [tokenizer.EosTokenId ?? throw Missing("AddEosToken", "EOS")]
            : [];
        if (options.Padding != PaddingStrategy.None && tokenizer.PadTokenId is null) throw Missing("Padding", "padding");
        if (options.MaxLength is null && (options.Truncation != TruncationStrategy.None || options.Padding == PaddingStrategy.MaxLength))
            throw new ArgumentException("MaxLength is needed to truncate, and to pad to it.", nameof(options));
        if (options.MaxLength is { } length) ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(options.MaxLength));
        if (options.PadToMultipleOf is { } multiple) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(multiple, nameof(options.PadToMultipleOf));
        ArgumentOutOfRangeException.ThrowIfNegative(options.Stride, nameof(options.Stride));
    }

    public void Add(int index, string text, string? pair)
    {
        var first = _tokenizer.Encode(text, addSpecialTokens: false, _options.RecognizeControlTokens);
        var second = pair is null ? null : _tokenizer.Encode(pair, addSpecialTokens: false, _options.RecognizeControlTokens);
        if (_options.Truncation == TruncationStrategy.None)
        {
            _sequences.Add(Create(index, first, second));
            return;
        }

        var added = (_before.Length + _after.Length) * (second is null ? 1 : 2);
        var limit = _options.MaxLength!.Value - added;
        if (limit < 0) throw new ArgumentException($"MaxLength {_options.MaxLength} leaves no room for the {added} tokens that begin and end the texts.");
        if (second is null) AddWindows(index, first, limit);
        else AddPair(index, first, second, limit);
    }

    public BatchEncoding ToBatch()
    {
        if (_options.Padding != PaddingStrategy.None)
        {
            var length = _options.Padding == PaddingStrategy.MaxLength
                ? _options.MaxLength!.Value
                : _sequences.Select(sequence => sequence.Ids.Length).DefaultIfEmpty().Max();
            if (_options.PadToMultipleOf is { } multiple) length = checked((length + multiple - 1) / multiple * multiple);
            for (var i = 0; i < _sequences.Count; i++) _sequences[i] = Pad(_sequences[i], length);
        }

        return new BatchEncoding(
            [.. _sequences.Select(sequence => sequence.Ids)], [.. _sequences.Select(sequence => sequence.Attention)],
            [.. _sequences.Select(sequence => sequence.Special)],
            [.. _sequences.Select(sequence => sequence.Types)], [.. _sequences.Select(sequence => sequence.Index)]);
    }

    private static ArgumentException Missing(string option, string token) => new($"{option} needs a {token} token, but the tokenizer has none.");

    private void AddWindows(int index, int[] ids, int limit)
    {
        if (_options.Truncation == TruncationStrategy.OnlySecond && ids.Length > limit)
            throw new ArgumentException($"Text {index} is too long and has no second text to cut.");
        foreach (var window in Windows(ids, limit))
        {
            _sequences.Add(Create(index, ids[window], null));
            if (!_options.ReturnOverflowingTokens) break;
        }
    }

    private void AddPair(int index, int[] first, int[] second, int limit)
    {
        var excess = first.Length + second.Length - limit;
        if (_options.ReturnOverflowingTokens && excess > 0) throw new ArgumentException("ReturnOverflowingTokens is for single texts.");
        var (keepFirst, keepSecond) = (first.Length, second.Length);
        if (excess > 0)
        {
            (keepFirst, keepSecond) = _options.Truncation switch
            {
                TruncationStrategy.OnlyFirst => (first.Length - excess, second.Length),
                TruncationStrategy.OnlySecond => (first.Length, second.Length - excess),
                _ => Balance(first.Length, second.Length, limit),
            };
            if (_options.Truncation != TruncationStrategy.LongestFirst && limit > 0 && (keepFirst <= 0 || keepSecond <= 0))
                throw new ArgumentException(
                    $"Pair {index} has {excess} tokens too many, but the text that may be cut is no longer than that; choose LongestFirst or a "
                        + $"greater MaxLength.");
            (keepFirst, keepSecond) = (Math.Max(keepFirst, 0), Math.Max(keepSecond, 0));
        }

        _sequences.Add(Create(index, first[Windows(first, keepFirst)[0]], second[Windows(second, keepSecond)[0]]));
    }

    // The longer text gives way until both are equal; then both are halved, the odd token to the longer one.
    private static (int First, int Second) Balance(int first, int second, int limit)
    {
        var (shorter, longer) = (Math.Min(first, second), Math.Max(first, second));
        longer = shorter > limit ? shorter : Math.Max(shorter, limit - shorter);
        if (shorter + longer > limit) (shorter, longer) = (limit / 2, (limit / 2) + (limit % 2));
        return first > second ? (longer, shorter) : (shorter, longer);
    }

    // The kept part first, then what overflows.
    private List<Range> Windows(int[] ids, int limit)
    {
        if (ids.Length <= limit) return [Range.All];
        if (limit == 0) return [Range.EndAt(0)];
        if (_options.Stride >= limit) throw new ArgumentException($"Stride {_options.Stride} must be less than the {limit} tokens of text that fit.");
        List<Range> windows = [];
        var step = limit - _options.Stride;
        if ((_options.TruncationSide ?? _tokenizer.TruncationSide) == TokenizerSide.Right)
        {
            for (var start = 0; ; start += step)
            {
                windows.Add(start..Math.Min(start + limit, ids.Length));
                if (start + limit >= ids.Length) return windows;
            }
        }

        for (var end = ids.Length; ; end -= step)
        {
            windows.Add(Math.Max(end - limit, 0)..end);
            if (end <= limit) return windows;
        }
    }

    private Sequence Create(int index, int[] first, int[]? second)
    {
        int[] ids = second is null ? [.. _before, .. first, .. _after] : [.. _before, .. first, .. _after, .. _before, .. second, .. _after];
        var special = new int[ids.Length];
        var types = new int[ids.Length];
        var split = _before.Length + first.Length + _after.Length;
        Mark(special.AsSpan(0, split));
        if (second is not null)
        {
            Mark(special.AsSpan(split));
            types.AsSpan(split).Fill(1);
        }

        var attention = new int[ids.Length];
        Array.Fill(attention, 1);
        return new Sequence(index, ids, attention, special, types);
    }

    private void Mark(Span<int> special)
    {
        special[.._before.Length].Fill(1);
        special[^_after.Length..].Fill(1);
    }

    private Sequence Pad(Sequence sequence, int length)
    {
        var count = length - sequence.Ids.Length;
        if (count <= 0) return sequence;
        return new Sequence(sequence.Index, Pad(sequence.Ids, _tokenizer.PadTokenId!.Value), Pad(sequence.Attention, 0), Pad(sequence.Special, 1),
            Pad(sequence.Types, 0));

        int[] Pad(int[] values, int value)
        {
            var padded = new int[length];
            var left = (_options.PaddingSide ?? _tokenizer.PaddingSide) == TokenizerSide.Left;
            Array.Fill(padded, value);
            values.CopyTo(padded, left ? count : 0);
            return padded;
        }
    }

    private sealed record Sequence(int Index, int[] Ids, int[] Attention, int[] Special, int[] Types);
}

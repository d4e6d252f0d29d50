using System.Text.Json;
using static Gemma.Tests.TokenizerSource;

namespace Gemma.Tokenization.Tests;

public sealed class BatchGoldenTests
{
    [Theory]
    [InlineData("tiny", "json")]
    [InlineData("tiny", "model")]
    [InlineData("gemma1", "json")]
    [InlineData("gemma3", "model")]
    public void EncodeBatch_Goldens_GivesTransformersBatches(string kind, string format)
    {
        var tokenizer = Get(kind, format);
        List<string> differences = [];
        var count = 0;
        foreach (var golden in Cases($"goldens-batch-{kind}.json"))
        {
            count++;
            var texts = Texts(golden, "texts")!;
            var options = Options(golden.GetProperty("options"));
            if (golden.TryGetProperty("error", out _))
            {
                Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch(texts, Texts(golden, "text_pairs"), options));
                continue;
            }

            var batch = tokenizer.EncodeBatch(texts, Texts(golden, "text_pairs"), options);
            foreach (var (key, rows) in new[] { ("input_ids", batch.InputIds), ("attention_mask", batch.AttentionMask),
                ("special_tokens_mask", batch.SpecialTokensMask),
                    ("token_type_ids", batch.TokenTypeIds) })
            {
                var actual = JsonSerializer.Serialize(rows);
                if (golden.TryGetProperty(key, out var expected) && actual != expected.GetRawText())
                    differences.Add($"{key} {golden.GetProperty("options")} {string.Join('|', texts)}: expected {expected}; got {actual}");
            }

            if (golden.TryGetProperty("overflow_to_sample_mapping", out var mapping) && !Ids(mapping).SequenceEqual(batch.SampleIndices))
                differences.Add($"mapping: expected {mapping}; got {string.Join(' ', batch.SampleIndices)}");
        }

        AssertNone(differences, count);
    }

    [Fact]
    public void EncodeBatch_WrongArguments_AreErrors()
    {
        var tokenizer = Get("tiny");
        Assert.Throws<ArgumentNullException>(() => tokenizer.EncodeBatch(null!));
        Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch(["a", null!]));
        Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch(["a"], ["b", "c"]));
        Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch(["a"], null, new() { Truncation = TruncationStrategy.LongestFirst }));
        Assert.Throws<ArgumentException>(() => tokenizer.EncodeBatch(["a"], null, new() { Truncation = TruncationStrategy.LongestFirst, MaxLength = 0 }));
        Assert.Throws<ArgumentException>(() =>
            tokenizer.EncodeBatch(["a b c d e f"], null, new() { Truncation = TruncationStrategy.LongestFirst, MaxLength = 4, Stride = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.EncodeBatch(["a"], null, new() { Padding = PaddingStrategy.Longest, PadToMultipleOf = 0 }));
        Assert.Empty(tokenizer.EncodeBatch([], null, new() { Padding = PaddingStrategy.Longest }).InputIds);
    }

    private static string[]? Texts(JsonElement golden, string key) =>
        golden.TryGetProperty(key, out var value) ? [.. value.EnumerateArray().Select(text => text.GetString()!)] : null;

    private static BatchEncodingOptions Options(JsonElement options)
    {
        var result = new BatchEncodingOptions();
        foreach (var option in options.EnumerateObject())
        {
            var value = option.Value;
            result = option.Name switch
            {
                "add_bos_token" => result with { AddBosToken = value.GetBoolean() },
                "add_eos_token" => result with { AddEosToken = value.GetBoolean() },
                "add_special_tokens" => result with { AddSpecialTokens = value.GetBoolean() },
                "padding" => result with
                {
                    Padding = value.ValueKind == JsonValueKind.String && value.GetString() == "max_length"
                        ? PaddingStrategy.MaxLength
                        : PaddingStrategy.Longest,
                },
                "padding_side" => result with { PaddingSide = value.GetString() == "left" ? TokenizerSide.Left : TokenizerSide.Right },
                "pad_to_multiple_of" => result with { PadToMultipleOf = value.GetInt32() },
                "truncation" =>
                    result with
                    {
                        Truncation = value.ValueKind != JsonValueKind.String || value.GetString() == "longest_first"
                        ? TruncationStrategy.LongestFirst
                        : value.GetString() == "only_first" ? TruncationStrategy.OnlyFirst : TruncationStrategy.OnlySecond
                    },
                "truncation_side" => result with { TruncationSide = value.GetString() == "left" ? TokenizerSide.Left : TokenizerSide.Right },
                "max_length" => result with { MaxLength = value.GetInt32() },
                "stride" => result with { Stride = value.GetInt32() },
                "return_overflowing_tokens" => result with { ReturnOverflowingTokens = value.GetBoolean() },
                var other => throw new InvalidDataException(other),
            };
        }

        return result;
    }
}

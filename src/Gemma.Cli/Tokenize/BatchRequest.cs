using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Tokenization;

namespace Gemma.Cli.Tokenize;

/// <summary>A line that asks for a batch: texts, second texts, and options under <c>options</c> or beside them, named as in transformers.</summary>
internal sealed record BatchRequest(IReadOnlyList<string> Texts, IReadOnlyList<string>? TextPairs, BatchEncodingOptions Options)
{
    public static BatchRequest Read(JsonLine line)
    {
        var options = line.Find("options") switch
        {
            null => LineKeys.TokenizeBatch.CheckUsed(line),
            { ValueKind: JsonValueKind.Object } nested => LineKeys.Batch.Check(LineKeys.TokenizeBatchWithOptions.CheckUsed(line) with { Element = nested }),
            _ => throw line.Error("options", "an object is expected"),
        };
        return new BatchRequest(ReadTexts(line, "texts")!, ReadTexts(line, "text_pairs"), new BatchEncodingOptions
        {
            AddSpecialTokens = options.Flag("add_special_tokens", true),
            AddBosToken = Flag(options, "add_bos_token"),
            AddEosToken = Flag(options, "add_eos_token"),
            RecognizeControlTokens = options.Flag("recognize_control_tokens", true),
            Padding = Padding(options),
            PaddingSide = Side(options, "padding_side"),
            PadToMultipleOf = Number(options, "pad_to_multiple_of"),
            Truncation = Truncation(options),
            TruncationSide = Side(options, "truncation_side"),
            MaxLength = Number(options, "max_length"),
            Stride = Number(options, "stride") ?? 0,
            ReturnOverflowingTokens = options.Flag("return_overflowing_tokens", false),
        });
    }

    private static string[]? ReadTexts(JsonLine line, string name)
    {
        if (line.Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) throw line.Error(name, "a list of strings is expected");
        return [.. value.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.String ? JsonText.Read(item) : throw line.Error(name, "a list of strings is expected"))];
    }

    private static bool? Flag(JsonLine line, string name) => line.Find(name) is null ? null : line.Flag(name, false);

    private static int? Number(JsonLine line, string name)
    {
        if (line.Find(name) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0
            ? number
            : throw line.Error(name, "a whole number, not negative, is expected");
    }

    private static PaddingStrategy Padding(JsonLine line) => line.Find("padding") switch
    {
        null or { ValueKind: JsonValueKind.False } => PaddingStrategy.None,
        { ValueKind: JsonValueKind.True } => PaddingStrategy.Longest,
        _ => line.Text("padding") switch
        {
            "do_not_pad" => PaddingStrategy.None,
            "longest" => PaddingStrategy.Longest,
            "max_length" => PaddingStrategy.MaxLength,
            var other => throw line.Error("padding", $"'{other}' is not one of true, false, 'longest', 'max_length' and 'do_not_pad'"),
        },
    };

    private static TruncationStrategy Truncation(JsonLine line) => line.Find("truncation") switch
    {
        null or { ValueKind: JsonValueKind.False } => TruncationStrategy.None,
        { ValueKind: JsonValueKind.True } => TruncationStrategy.LongestFirst,
        _ => line.Text("truncation") switch
        {
            "do_not_truncate" => TruncationStrategy.None,
            "longest_first" => TruncationStrategy.LongestFirst,
            "only_first" => TruncationStrategy.OnlyFirst,
            "only_second" => TruncationStrategy.OnlySecond,
            var other => throw line.Error("truncation",
                $"'{other}' is not one of true, false, 'longest_first', 'only_first', 'only_second' and 'do_not_truncate'"),
        },
    };

    private static TokenizerSide? Side(JsonLine line, string name) => line.Text(name) switch
    {
        null => null,
        "left" => TokenizerSide.Left,
        "right" => TokenizerSide.Right,
        var other => throw line.Error(name, $"'{other}' is not 'left' or 'right'"),
    };
}

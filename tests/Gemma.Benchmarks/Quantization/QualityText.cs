using System.Text.Json;
using Gemma.Runtime.Models;
using Gemma.Tokenization;

namespace Gemma.Benchmarks.Quantization;

/// <summary>What quality is measured on.</summary>
/// <param name="Texts">Token ids of texts.</param>
/// <param name="Answers">Prompts and the answers that the exact model gives.</param>
internal sealed record QualityText(IReadOnlyList<int[]> Texts, IReadOnlyList<(int[] Prompt, int[] Answer)> Answers)
{
    private const string Separator = "%%";

    /// <summary>Predicted tokens.</summary>
    public int Tokens => Texts.Sum(text => text.Length - 1);

    public static QualityText Load(string checkpoint, string textFile, string? goldens, int maxTokens)
    {
        var config = GemmaConfig.Load(Path.Combine(checkpoint, "config.json"));
        var tokenizer = GemmaTokenizer.Load(checkpoint);
        List<int[]> texts = [];
        foreach (var text in string.Join('\n', File.ReadLines(textFile)).Split($"\n{Separator}\n"))
        {
            var ids = tokenizer.Encode(text, addSpecialTokens: true, recognizeControlTokens: true);
            var left = Math.Min(config.MaxPositionEmbeddings, maxTokens - texts.Sum(other => other.Length));
            if (left < 2) break;
            texts.Add(ids[..Math.Min(ids.Length, left)]);
        }

        return new QualityText(texts, goldens is null ? [] : ReadAnswers(goldens));
    }

    private static List<(int[] Prompt, int[] Answer)> ReadAnswers(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty("conversations").EnumerateArray()
            .Select(item => (Ids(item.GetProperty("prompt_ids")), Ids(item.GetProperty("expected_ids"))))];
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}

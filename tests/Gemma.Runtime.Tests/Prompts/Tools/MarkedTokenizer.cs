using System.Text.Json.Nodes;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>The tiny tokenizer with some of its unused tokens renamed to control tokens.</summary>
internal static class MarkedTokenizer
{
    /// <summary>The marks of FunctionGemma, Gemma 4 and Hermes.</summary>
    public static IReadOnlyList<string> Marks { get; } =
        ["<|tool_call>", "<tool_call|>", "<|\"|>", "<|channel>", "<channel|>", "<start_function_call>", "<end_function_call>", "<escape>", "<tool_call>",
            "</tool_call>"];

    public static GemmaTokenizer Load()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-marks-").FullName;
        try
        {
            var tokenizer = JsonNode.Parse(File.ReadAllText(Path.Combine(TinyGemma.Checkpoint, "tokenizer.json")))!;
            var vocabulary = tokenizer["model"]!["vocab"]!.AsObject();
            for (var i = 0; i < Marks.Count; i++)
            {
                var unused = $"<unused{i}>";
                var token = tokenizer["added_tokens"]!.AsArray().Single(added => added!["content"]!.GetValue<string>() == unused)!;
                (token["content"], token["special"]) = (Marks[i], true);
                if (vocabulary[unused] is not { } id) continue;
                vocabulary[Marks[i]] = id.GetValue<int>();
                vocabulary.Remove(unused);
            }

            File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
            return GemmaTokenizer.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

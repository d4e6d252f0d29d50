using System.Text.Json.Nodes;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Prompts;

/// <summary>The tiny vocabulary with other families' control tokens behind it.</summary>
internal static class TemplateTokenizers
{
    public static GemmaTokenizer With(params IReadOnlyCollection<string> tokens)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("tokenizer.json"), TokenizerSource.Read("tiny.tokenizer.json"));
        File.WriteAllText(folder.File("tokenizer_config.json"), new JsonObject
        {
            ["additional_special_tokens"] = new JsonArray([.. tokens.Select(token => JsonValue.Create(token))]),
        }.ToJsonString());
        var tokenizer = GemmaTokenizer.Load(folder.Path);
        Assert.All(tokens, token => Assert.True(tokenizer.GetTokenId(token) is { } id && tokenizer.IsControlToken(id), token));
        return tokenizer;
    }
}

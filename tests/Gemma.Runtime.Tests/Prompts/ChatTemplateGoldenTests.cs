using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts;

public sealed class ChatTemplateGoldenTests
{
    [Theory]
    [InlineData("tiny", "tiny", "gemma1")]
    [InlineData("gemma1", "gemma1", "gemma1")]
    [InlineData("gemma2", "gemma1", "gemma2")]
    [InlineData("gemma3", "gemma3", "gemma3")]
    public void Render_GoldenConversations_GivesTransformersTextAndIds(string goldens, string vocabulary, string name)
    {
        IChatTemplate template = name switch { "gemma1" => ChatTemplates.Gemma1, "gemma2" => ChatTemplates.Gemma2, _ => ChatTemplates.Gemma3 };
        var tokenizer = TokenizerSource.Get(vocabulary);
        var (safe, transformers) = (new PromptEncoder(tokenizer), new PromptEncoder(tokenizer, recognizeControlTokens: true));
        List<string> differences = [];
        var count = 0;
        foreach (var golden in TokenizerSource.Cases($"goldens-chat-{goldens}.json"))
        {
            count++;
            var messages = golden.GetProperty("messages");
            var error = golden.TryGetProperty("error", out var value) ? value.GetString() : null;
            try
            {
                ChatTurn[] turns = [.. messages.EnumerateArray().Select(Turn)];
                var parts = template.Render(turns, golden.GetProperty("add_generation_prompt").GetBoolean());
                if (error is not null)
                {
                    differences.Add($"{messages}: '{error}' is expected");
                    continue;
                }

                var text = string.Concat(parts.Select(part => part.Text));
                var expected = TokenizerSource.Ids(golden.GetProperty("ids"));
                if (text != golden.GetProperty("text").GetString()) differences.Add($"{messages}: text {JsonSerializer.Serialize(text)}");
                if (!transformers.Encode(parts).SequenceEqual(expected)) differences.Add($"{messages}: ids {string.Join(' ', transformers.Encode(parts))}");
                var hasControlText = parts.Any(part => !part.IsControl && tokenizer.Encode(part.Text, false, true).Any(tokenizer.IsControlToken));
                if (safe.Encode(parts).SequenceEqual(expected) == hasControlText)
                    differences.Add($"{messages}: safe ids {string.Join(' ', safe.Encode(parts))}");
            }
            catch (ChatTemplateException e)
            {
                // An empty list fails before the template in transformers, with a message of its own.
                if (error is null || (messages.GetArrayLength() > 0 && e.Message != error)) differences.Add($"{messages}: {e.Message}; expected '{error}'");
            }
        }

        TokenizerSource.AssertNone(differences, count);
    }

    [Fact]
    public void Encode_TinyModelConversations_GivesThePromptIdsOfItsGoldens()
    {
        var folder = Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it");
        var tokenizer = Gemma.Tokenization.GemmaTokenizer.Load(folder);
        var template = ChatTemplates.Load(folder, tokenizer);
        Assert.NotNull(template);
        var encoder = new PromptEncoder(tokenizer);
        using var goldens = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("tiny-gemma", "goldens.json")));
        List<string> differences = [];
        var conversations = goldens.RootElement.GetProperty("conversations");
        foreach (var golden in conversations.EnumerateArray())
        {
            var parts = template.Render([.. golden.GetProperty("messages").EnumerateArray().Select(Turn)], addGenerationPrompt: true);
            if (!encoder.Encode(parts).SequenceEqual(TokenizerSource.Ids(golden.GetProperty("prompt_ids"))))
                differences.Add(golden.GetProperty("id").GetString()!);
        }

        TokenizerSource.AssertNone(differences, conversations.GetArrayLength());
    }

    private static ChatTurn Turn(JsonElement message)
    {
        var (role, content) = (message.GetProperty("role").GetString()!, message.GetProperty("content"));
        return content.ValueKind switch
        {
            JsonValueKind.String => new ChatTurn(role, content.GetString()!),
            JsonValueKind.Array => new ChatTurn(role, string.Empty)
            {
                Parts = [.. content.EnumerateArray()
                    .Select(part =>
                        new ChatTurnPart(part.GetProperty("type").GetString()!, part.TryGetProperty("text", out var text) ? text.GetString() : null))],
            },
            _ => new ChatTurn(role, null!),
        };
    }
}

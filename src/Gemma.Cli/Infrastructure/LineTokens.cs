using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tokenization;

namespace Gemma.Cli.Infrastructure;

/// <summary>The tokens of an input line: ids as they are, a text with the tokens that the tokenizer adds, or messages in the model's chat form.</summary>
internal static class LineTokens
{
    /// <summary>Reads a line.</summary>
    /// <param name="line">The line, with exactly one of <c>ids</c>, the text, <c>messages</c>, and <c>prefix</c> with <c>suffix</c>.</param>
    /// <param name="model">The model.</param>
    /// <param name="textKey">The key of the text: <c>prompt</c> or <c>text</c>.</param>
    /// <param name="recognizeControlTokens">Whether control tokens in the text count as such where the line does not say: where nothing is generated they do no
    /// harm.</param>
    /// <exception cref="UsageException">The line has none of them, or several, or one in the wrong form.</exception>
    public static int[] Read(JsonLine line, GemmaModel model, string textKey, bool recognizeControlTokens = false)
    {
        string[] given = [.. new[] { "ids", textKey, "messages", "prefix" }.Where(key => line.Find(key) is not null)];
        if (given.Length != 1) throw new UsageException($"line {line.Number}: exactly one of ids, {textKey}, messages, and prefix with suffix is expected.");
        line.CheckNeeds("suffix", "prefix");
        line.CheckNeeds("attention_mask", "ids");
        if (given[0] == "ids") return line.Ids("ids") is { Length: > 0 } ids ? ids : throw line.Error("ids", "at least one token id is expected");
        if (model.Tokenizer is not { } tokenizer) throw line.Error(given[0], "the package has no tokenizer files, so it takes ids only");
        if (given[0] == "prefix")
        {
            return FillInMiddle.Encode(tokenizer, line.Text("prefix")!, line.Text("suffix")
                ?? throw line.Error("suffix", "the text behind the gap is missing; it may be empty"));
        }
        return given[0] == textKey
            ? Text(line, tokenizer, textKey, recognizeControlTokens) is { Length: > 0 } text ? text : throw line.Error(textKey, "the text has no tokens")
            : Chat(line, model, tokenizer);
    }

    private static int[] Text(JsonLine line, GemmaTokenizer tokenizer, string textKey, bool recognizeControlTokens)
    {
        var (text, special) = (line.Text(textKey)!, line.Flag("add_special_tokens", true));
        var recognize = line.Flag("recognize_control_tokens", recognizeControlTokens);
        return recognize || line.Find("recognize_control_tokens") is not null
            ? tokenizer.Encode(text, special, recognize)
            : FillInMiddle.EncodeRaw(tokenizer, text, special);
    }

    private static int[] Chat(JsonLine line, GemmaModel model, GemmaTokenizer tokenizer)
    {
        if (model.ChatTemplate is not { } template) throw line.Error("messages", "the model has no chat template (chat_template) and no turn tokens");
        var messages = line.Find("messages")!.Value;
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) throw line.Error("messages", "a list of messages is expected");
        var request = new ChatTemplateRequest([.. messages.EnumerateArray().Select(message => Turn(line, message))]);
        try
        {
            return new PromptEncoder(tokenizer, line.Flag("recognize_control_tokens", false)).Encode(ConversationPrompt.Render(template, request));
        }
        catch (ChatTemplateException e)
        {
            throw new UsageException($"line {line.Number}: messages: {e.Message}", e);
        }
    }

    private static ChatTurn Turn(JsonLine line, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object || Text(message, "role") is not { } role || Text(message, "content") is not { } content)
            throw line.Error("messages", "each message has a role and a content, both strings");
        line.CheckKeys("messages", message, "role", "content");
        return new ChatTurn(role.ToLowerInvariant(), content);
    }

    private static string? Text(JsonElement message, string key) =>
        message.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? JsonText.Read(value) : null;
}

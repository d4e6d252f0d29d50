using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Cli.Tokenize;

/// <summary>Answers the lines of <c>gemma tokenize --json</c>.</summary>
internal sealed class TokenizeLines(GemmaTokenizer tokenizer, Lazy<IChatTemplate?> template, TextWriter output)
{
    public void Write(JsonLine line)
    {
        try
        {
            Answer(line);
        }
        catch (Exception e) when (JsonLine.IsAtFault(e))
        {
            throw line.Error(e);
        }
    }

    private void Answer(JsonLine line)
    {
        if (line.Find("ids") is { } ids) WriteText(LineKeys.TokenizeIds.CheckUsed(line), ReadIds(line, ids));
        else if (line.Find("texts") is not null) WriteBatch(line);
        else if (line.Find("messages") is { } messages) WritePrompt(LineKeys.TokenizeMessages.CheckUsed(line), messages);
        else
        {
            var text = line.Text("text") ?? throw line.Error("text", "the key is missing; give a text, ids, texts or messages");
            WriteTokens(LineKeys.TokenizeText.CheckUsed(line), text);
        }
    }

    // Ids beyond 32 bits have no piece either.
    private static int[] ReadIds(JsonLine line, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) throw line.Error("ids", "a list of token ids is expected");
        return [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var id) && id >= 0
            ? (int)Math.Min(id, int.MaxValue)
            : throw line.Error("ids", "a list of token ids, none negative, is expected"))];
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<int> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void WriteRows(Utf8JsonWriter json, string name, IReadOnlyList<int[]> rows)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartArray();
            foreach (var value in row) json.WriteNumberValue(value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private void WriteTokens(JsonLine line, string text)
    {
        var pair = line.Text("text_pair");
        var tokens = tokenizer.Tokenize(text, pair, line.Flag("add_special_tokens", true), line.Flag("recognize_control_tokens", true));
        JsonLines.Write(output, json =>
        {
            WriteNumbers(json, "ids", tokens.Ids);
            json.WriteStartArray("pieces");
            foreach (var piece in tokens.Pieces) json.WriteStringValue(piece);
            json.WriteEndArray();
            WriteRows(json, "offsets", [.. tokens.Offsets.Select(offset => (int[])[offset.Start, offset.End])]);
            if (pair is null) return;
            WriteNumbers(json, "type_ids", tokens.TypeIds);
            WriteNumbers(json, "special_tokens_mask", tokens.SpecialTokensMask);
        });
    }

    private void WriteText(JsonLine line, int[] ids)
    {
        var skip = line.Flag("skip_special_tokens", false);
        var stream = line.Text("stream") switch
        {
            null => (StreamingMode?)null,
            "eager" => StreamingMode.Eager,
            "exact" => StreamingMode.Exact,
            var other => throw line.Error("stream", $"'{other}' is not 'eager' or 'exact'"),
        };
        JsonLines.Write(output, json =>
        {
            json.WriteString("text", tokenizer.Decode(ids, skip));
            if (stream is not { } mode) return;
            var decoder = tokenizer.CreateDecoder(skip, mode);
            json.WriteStartArray("texts");
            foreach (var id in ids) json.WriteStringValue(decoder.Append(id));
            json.WriteEndArray();
            json.WriteString("flush", decoder.Flush());
        });
    }

    private void WriteBatch(JsonLine line)
    {
        var request = BatchRequest.Read(line);
        var batch = tokenizer.EncodeBatch(request.Texts, request.TextPairs, request.Options);
        JsonLines.Write(output, json =>
        {
            WriteRows(json, "input_ids", batch.InputIds);
            WriteRows(json, "attention_mask", batch.AttentionMask);
            WriteRows(json, "special_tokens_mask", batch.SpecialTokensMask);
            WriteRows(json, "token_type_ids", batch.TokenTypeIds);
            if (request.Options.ReturnOverflowingTokens) WriteNumbers(json, "overflow_to_sample_mapping", batch.SampleIndices);
        });
    }

    private void WritePrompt(JsonLine line, JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array) throw line.Error("messages", "a list of messages is expected");
        var chat = template.Value ?? throw line.Error("messages", "the tokenizer has no turn tokens, so there is no chat template");
        var request = new ChatTemplateRequest([.. messages.EnumerateArray().Select(message => Turn(line, message))])
        {
            AddGenerationPrompt = line.Flag("add_generation_prompt", true),
        };
        var prompt = chat.RenderPrompt(request);
        var encoder = new PromptEncoder(tokenizer, line.Flag("recognize_control_tokens", true));
        JsonLines.Write(output, json =>
        {
            json.WriteString("text", prompt.Text);
            WriteNumbers(json, "ids", encoder.Encode(prompt));
        });
    }

    private static ChatTurn Turn(JsonLine line, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("role", out var role)
            || role.ValueKind != JsonValueKind.String
            || !message.TryGetProperty("content", out var content))
            throw line.Error("messages", "objects with role and content are expected");
        line.CheckKeys("messages", message, "role", "content");
        return content.ValueKind switch
        {
            JsonValueKind.String => new ChatTurn(JsonText.Read(role), JsonText.Read(content)),
            JsonValueKind.Array => new ChatTurn(JsonText.Read(role), string.Empty) { Parts = [.. content.EnumerateArray().Select(part => Part(line, part))] },
            _ => throw line.Error("messages", "Invalid content type"),
        };
    }

    private static ChatTurnPart Part(JsonLine line, JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
            throw line.Error("messages", "a part of content needs a type");
        var kind = JsonText.Read(type);
        if (kind == "text") line.CheckKeys("messages", part, "type", "text");
        return new ChatTurnPart(kind, part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? JsonText.Read(text)
            : null);
    }
}

using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma.Tests;

/// <summary>
/// Checkpoints that answer every chat with given pieces, one token each, and then end their turn: attention and feed-forward are zero, and the lm_head maps
/// each token to the next, from the line break that ends a prompt, or from another token. Any answer of a model can be tested so through the public API.
/// </summary>
internal static class ScriptedGemma
{
    private const int Hidden = 64;

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="pieces">At most 60, all different, none a line break.</param>
    /// <param name="controlTokens">Further control tokens of the vocabulary; pieces may be among them.</param>
    public static void Write(string folder, IReadOnlyList<string> pieces, IReadOnlyList<string>? controlTokens = null) =>
        Write(folder, controlTokens ?? [], [], ["\n", .. pieces, "<end_of_turn>"]);

    /// <summary>Writes a checkpoint that answers differently to prompts that end in different tokens.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="controlTokens">Further control tokens of the vocabulary; those of scripts may be among them.</param>
    /// <param name="stopTokens">Further tokens that end a turn.</param>
    /// <param name="scripts">A prompt's last token and the tokens that follow it, the last one ending the turn. A token is followed by one other.</param>
    public static void Write(string folder, IReadOnlyList<string> controlTokens, IReadOnlyList<string> stopTokens,
        params ReadOnlySpan<IReadOnlyList<string>> scripts)
    {
        foreach (var file in Directory.EnumerateFiles(TinyGemma.Checkpoint)
            .Where(file => Path.GetFileName(file) is not ("tokenizer.model" or "model.safetensors")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);

        var tokenizer = Read(folder, "tokenizer.json");
        var vocabulary = tokenizer["model"]!["vocab"]!.AsObject();
        var added = tokenizer["added_tokens"]!.AsArray().ToDictionary(token => token!["content"]!.GetValue<string>(), token => token!["id"]!.GetValue<int>());
        var count = vocabulary.Select(entry => entry.Value!.GetValue<int>()).Concat(added.Values).Max() + 1;
        foreach (var token in controlTokens)
        {
            var entry = tokenizer["added_tokens"]!.AsArray().First(known => known!["special"]!.GetValue<bool>())!.DeepClone();
            (entry["id"], entry["content"], vocabulary[token]) = (count, token, count);
            tokenizer["added_tokens"]!.AsArray().Add(entry);
            count++;
        }

        List<(int From, int To)> steps = [];
        foreach (var script in scripts)
        {
            int[] ids = [.. script.Select(Id)];
            steps.AddRange(ids.Zip(ids.Skip(1)));
        }

        if (steps.DistinctBy(step => step.From).Count() < steps.Count || steps.Count > Hidden)
            throw new ArgumentException("The pieces must differ from each other and from the token that they follow.", nameof(scripts));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        var generation = Read(folder, "generation_config.json");
        foreach (var token in stopTokens) generation["eos_token_id"]!.AsArray().Add(Id(token));
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), generation.ToJsonString());

        var config = Read(folder, "config.json");
        foreach (var (key, value) in (ReadOnlySpan<(string, int)>)[("hidden_size", Hidden), ("intermediate_size", 32), ("num_hidden_layers", 1),
            ("num_attention_heads", 1),
                ("num_key_value_heads", 1), ("head_dim", 32), ("vocab_size", count)])
            config[key] = value;
        config["tie_word_embeddings"] = false;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        WriteWeights(Path.Combine(folder, "model.safetensors"), steps, count);

        int Id(string piece)
        {
            if (added.TryGetValue(piece, out var id)) return id;
            var name = piece.Replace(' ', '\u2581');
            if (vocabulary[name] is null) vocabulary[name] = count++;
            return vocabulary[name]!.GetValue<int>();
        }
    }

    private static JsonNode Read(string folder, string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name)))!;

    private static void WriteWeights(string path, List<(int From, int To)> steps, int count)
    {
        var (embedding, head) = (new byte[2 * count * Hidden], new byte[2 * count * Hidden]);
        foreach (var (i, (from, to)) in steps.Index())
        {
            BinaryPrimitives.WriteUInt16LittleEndian(embedding.AsSpan(2 * ((from * Hidden) + i)), 0x3F80); // 1 in bfloat16
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(2 * ((to * Hidden) + i)), 0x4100); // 8
        }

        const string Layer = "model.layers.0.";
        List<(string Name, int[] Shape, byte[] Data)> tensors =
        [
            ("model.embed_tokens.weight", [count, Hidden], embedding),
            ("lm_head.weight", [count, Hidden], head),
            .. new (string, int[])[]
            {
                ("model.norm", [Hidden]), (Layer + "input_layernorm", [Hidden]), (Layer + "post_attention_layernorm", [Hidden]),
                (Layer + "self_attn.q_proj", [32, Hidden]),
                (Layer + "self_attn.k_proj", [32, Hidden]), (Layer + "self_attn.v_proj", [32, Hidden]), (Layer + "self_attn.o_proj", [Hidden, 32]),
                (Layer + "mlp.gate_proj", [32, Hidden]),
                (Layer + "mlp.up_proj", [32, Hidden]), (Layer + "mlp.down_proj", [Hidden, 32]),
            }.Select(tensor => (tensor.Item1 + ".weight", tensor.Item2, new byte[2 * tensor.Item2.Aggregate((a, b) => a * b)])),
        ];
        var header = new JsonObject();
        var offset = 0;
        foreach (var (name, shape, data) in tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = "BF16",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(offset, offset + data.Length),
            };
            offset += data.Length;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(json);
        foreach (var (_, _, data) in tensors) file.Write(data);
    }
}

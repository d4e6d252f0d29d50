using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>
/// Golden checkpoints of Gemma 4 written as llama.cpp's converter writes them (its <c>conversion/gemma.py</c> and tensor names) mean the same models.
/// </summary>
public sealed class Gemma4GgufTests : IDisposable
{
    private static readonly Dictionary<string, string> GgufNames = new()
    {
        ["input_layernorm.weight"] = "attn_norm.weight",
        ["self_attn.q_proj.weight"] = "attn_q.weight",
        ["self_attn.k_proj.weight"] = "attn_k.weight",
        ["self_attn.v_proj.weight"] = "attn_v.weight",
        ["self_attn.o_proj.weight"] = "attn_output.weight",
        ["self_attn.q_norm.weight"] = "attn_q_norm.weight",
        ["self_attn.k_norm.weight"] = "attn_k_norm.weight",
        ["post_attention_layernorm.weight"] = "post_attention_norm.weight",
        ["pre_feedforward_layernorm.weight"] = "ffn_norm.weight",
        ["post_feedforward_layernorm.weight"] = "post_ffw_norm.weight",
        ["mlp.gate_proj.weight"] = "ffn_gate.weight",
        ["mlp.up_proj.weight"] = "ffn_up.weight",
        ["mlp.down_proj.weight"] = "ffn_down.weight",
        ["layer_scalar"] = "layer_output_scale.weight",
        ["per_layer_input_gate.weight"] = "inp_gate.weight",
        ["per_layer_projection.weight"] = "proj.weight",
        ["post_per_layer_input_norm.weight"] = "post_norm.weight",
        ["router.proj.weight"] = "ffn_gate_inp.weight",
        ["router.scale"] = "ffn_gate_inp.scale",
        ["router.per_expert_scale"] = "ffn_down_exps.scale",
        ["experts.gate_up_proj"] = "ffn_gate_up_exps.weight",
        ["experts.down_proj"] = "ffn_down_exps.weight",
        ["pre_feedforward_layernorm_2.weight"] = "pre_ffw_norm_2.weight",
        ["post_feedforward_layernorm_1.weight"] = "post_ffw_norm_1.weight",
        ["post_feedforward_layernorm_2.weight"] = "post_ffw_norm_2.weight",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-gemma4-").FullName;

    // Files of this architecture have no bias.
    public static TheoryData<string> Names =>
    [
        .. GoldenCheckpointTests.Names.Select(row => row.Data)
            .Where(name => name.StartsWith("gemma4", StringComparison.Ordinal) && !name.Contains("bias", StringComparison.Ordinal)),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ConvertAsync_Gemma4File_IsTheCheckpointsModel(string name)
    {
        var checkpoint = GoldenCheckpointTests.FolderOf(name);
        var file = Write(checkpoint, inBlocks: false);
        var plan = GemmaConfig.Load(Path.Combine(checkpoint, "config.json")).Plan;
        using (var opened = CheckpointFolder.Open(file)) Assert.Equal(Comparable(plan), Comparable(opened.LoadConfig(null).Plan));
        await using var expected = await ConvertedPackage.CreateAsync(checkpoint, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        await using var actual = await ConvertedPackage.CreateAsync(file, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        Assert.True(Weights(expected).SequenceEqual(Weights(actual)), $"{name}: weights differ");

        static byte[] Weights(ConvertedPackage package) => File.ReadAllBytes(Path.Combine(package.Folder, "package", "model.onnx.data"));
    }

    [Fact]
    public async Task ConvertAsync_BlocksOfGemma4_ComputeAsTheirNumbers()
    {
        var file = Write(GoldenCheckpointTests.FolderOf("gemma4-e2b-text"), inBlocks: true);
        var logits = new List<float[]>();
        foreach (var precision in (ModelPrecision[])[ModelPrecision.Fp32, ModelPrecision.Keep])
        {
            await using var package = await ConvertedPackage.CreateAsync(file, new ConversionOptions { Precision = precision });
            using var engine = await package.OpenAsync();
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, new[] { 2, 17, 99, 4 })], TestContext.Current.CancellationToken);
            logits.Add(sequence.Logits.ToArray());
        }

        var error = Math.Sqrt(logits[0].Zip(logits[1], (a, b) => Math.Pow(a - b, 2)).Sum() / logits[0].Sum(value => Math.Pow(value, 2)));
        Assert.InRange(error, 1e-7, 0.1);
    }

    [Theory]
    [InlineData("gemma4.attention.sliding_window_pattern", "the key is missing")]
    [InlineData("rope_freqs.weight", "the tensor is missing")]
    [InlineData("gemma4.attention.key_length", "the key is missing")]
    [InlineData("per_layer_token_embd.weight", "the tensor is missing")]
    public void Open_FileThatLacksAPart_IsRefusedByName(string part, string reason)
    {
        var file = Write(GoldenCheckpointTests.FolderOf("gemma4-e2b-text"), inBlocks: false, without: part);
        var error = Assert.Throws<InvalidModelException>(() => GgufModel.Open(file));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    // The share says the number of pairs that turn, which is what counts; ids that stand for images are not in such files.
    private static DecoderPlan Comparable(DecoderPlan plan) => plan with
    {
        PlaceholderIds = [],
        PlaceholderRow = 0,
        Layers = [.. plan.Layers.Select(layer => layer with
        {
            Attention = layer.Attention with
            {
                Rotary = layer.Attention.Rotary with { RotatedShare = layer.Attention.Rotary.Frequencies().Count(frequency => frequency > 0) },
            },
        })],
    };

    private string Write(string checkpoint, bool inBlocks, string? without = null)
    {
        using var source = CheckpointFolder.Open(checkpoint);
        var plan = source.LoadConfig(null).Plan;
        var tensors = Gemma.Conversion.Weights.GemmaTensors.Open(source.LoadConfig(null), source.Reader, checkpoint);
        var builder = new GgufBuilder();
        foreach (var (key, value) in Metadata(plan).Where(pair => pair.Key != without)) builder.Set(key, value);
        foreach (var planned in plan.Tensors())
        {
            if (Name(planned.Name) is { } name && name != without) Add(name, tensors[planned.Name].Name, planned.Shape);
        }

        if (tensors.LmHead is { } head) Add("output.weight", head.Name, head.Shape);
        var rotary = plan.Layers[^1].Attention.Rotary.Frequencies();
        if (without != "rope_freqs.weight") builder.Add("rope_freqs.weight", [.. rotary.Select(frequency => frequency > 0 ? 1 : 1e30f)], [rotary.Length]);
        var path = Path.Combine(_folder, "model.gguf");
        builder.Write(path);
        return path;

        void Add(string name, string from, IReadOnlyList<long> shape)
        {
            var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
            source.Reader.Read(from, 0, values);
            builder.Add(name, values, shape, inBlocks);
        }
    }

    private static string? Name(string planned)
    {
        if (planned.Split('.', 3) is ["layers", var layer, var rest]) return $"blk.{layer}.{GgufNames[rest]}";
        return planned switch
        {
            "embed_tokens.weight" => "token_embd.weight",
            "norm.weight" => "output_norm.weight",
            "embed_tokens_per_layer.weight" => "per_layer_token_embd.weight",
            "per_layer_model_projection.weight" => "per_layer_model_proj.weight",
            _ => "per_layer_proj_norm.weight",
        };
    }

    private static IEnumerable<(string Key, object Value)> Metadata(DecoderPlan plan)
    {
        var local = plan.Layers.FirstOrDefault(layer => layer.Attention.Window is not null) ?? plan.Layers[^1];
        var global = plan.Layers[^1].Attention;
        var own = plan.Layers.Count(layer => layer.Attention.SharedCacheLayer is null);
        yield return ("general.architecture", "gemma4");
        yield return ("gemma4.block_count", plan.Layers.Count);
        yield return ("gemma4.context_length", plan.ContextLength);
        yield return ("gemma4.embedding_length", plan.HiddenSize);
        yield return ("gemma4.attention.head_count", global.QueryHeads);
        yield return ("gemma4.attention.head_count_kv", plan.Layers.Select(layer => layer.Attention.KeyValueHeads).ToArray());
        yield return ("gemma4.feed_forward_length", plan.Layers.Select(layer => layer.FeedForward.Width).ToArray());
        yield return ("gemma4.attention.layer_norm_rms_epsilon", (float)plan.NormEpsilon);
        yield return ("gemma4.attention.key_length", global.HeadSize);
        yield return ("gemma4.attention.value_length", global.HeadSize);
        yield return ("gemma4.attention.key_length_swa", local.Attention.HeadSize);
        yield return ("gemma4.attention.value_length_swa", local.Attention.HeadSize);
        yield return ("gemma4.rope.dimension_count", global.HeadSize);
        yield return ("gemma4.rope.dimension_count_swa", local.Attention.HeadSize);
        yield return ("gemma4.rope.freq_base", (float)global.Rotary.Theta);
        yield return ("gemma4.rope.freq_base_swa", (float)local.Attention.Rotary.Theta);
        yield return ("gemma4.attention.sliding_window", local.Attention.Window ?? 1);
        yield return ("gemma4.attention.sliding_window_pattern", plan.Layers.Select(layer => layer.Attention.Window is not null).ToArray());
        yield return ("gemma4.attention.shared_kv_layers", plan.Layers.Count - own);
        yield return ("gemma4.embedding_length_per_layer_input", plan.PerLayerInput?.Width ?? 0);
        if (plan.LogitSoftCap is { } cap) yield return ("gemma4.final_logit_softcapping", (float)cap);
        if (plan.Layers[0].FeedForward.Experts is not { } experts) yield break;
        yield return ("gemma4.expert_count", experts.Count);
        yield return ("gemma4.expert_used_count", experts.Chosen);
        yield return ("gemma4.expert_feed_forward_length", experts.Width);
    }
}

using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Weights;

/// <summary>Says why a tensor may be missing: a checkpoint often has it under another name.</summary>
internal static class MissingTensor
{
    private static readonly (string Mark, string Remedy)[] Wrappers =
    [
        ("base_layer", "the checkpoint was saved with an adapter in it; merge it with PEFT (merge_and_unload) and save again"),
        ("base_model.", "the checkpoint was saved inside PEFT's wrapper; merge with merge_and_unload and save again"),
        ("_orig_mod.", "the checkpoint was saved from a compiled model; save the model inside (_orig_mod)"),
        ("module.", "the checkpoint was saved from a model that was wrapped for training in parallel; save the model inside (module)"),
    ];

    /// <summary>The cause and the remedy.</summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="name">The tensor that is missing.</param>
    /// <param name="shape">Its shape.</param>
    public static string Describe(CheckpointReader reader, string name, IReadOnlyList<long> shape)
    {
        if (Similar(reader, name, shape) is not { } similar) return "the tensor is missing; the checkpoint is incomplete, download it again";
        var remedy = Wrappers.FirstOrDefault(wrapper => similar.Contains(wrapper.Mark, StringComparison.Ordinal)).Remedy
            ?? "rename the tensors as transformers' save_pretrained does";
        return $"the tensor is missing, and '{similar}' looks like it: {remedy}";
    }

    // The same name with something before it or in it; else a tensor of the same layer, kind and shape that no other name of transformers explains.
    private static string? Similar(CheckpointReader reader, string name, IReadOnlyList<long> shape)
    {
        var words = name.Split('.');
        var names = reader.Tensors.Values.Where(tensor => tensor.Shape.SequenceEqual(shape)).Select(tensor => tensor.Name).Order(StringComparer.Ordinal)
            .ToList();
        return names.Find(other => IsSubsequence(words, other.Split('.')))
            ?? names.Find(other => other.Split('.') is var parts
                && parts.Length == words.Length
                && parts.Zip(words).Count(pair => pair.First != pair.Second) == 1
                && parts.Zip(words).All(pair => pair.First == pair.Second || (!int.TryParse(pair.First, out _) && !IsOfGemma(pair.First))));
    }

    private static bool IsSubsequence(string[] words, string[] parts)
    {
        var found = 0;
        foreach (var part in parts)
        {
            if (found < words.Length && words[found] == part) found++;
        }

        return found == words.Length;
    }

    private static bool IsOfGemma(string word) => word.EndsWith("_proj", StringComparison.Ordinal) || word.EndsWith("norm", StringComparison.Ordinal);
}

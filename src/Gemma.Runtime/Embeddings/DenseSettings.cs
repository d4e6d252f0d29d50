using Gemma.Json;

namespace Gemma.Runtime.Embeddings;

/// <summary>The <c>config.json</c> of a linear layer.</summary>
/// <param name="InputSize">Width of what comes in.</param>
/// <param name="OutputSize">Width of what goes out.</param>
/// <param name="HasBias">Whether it has a bias.</param>
/// <param name="IsTanh">Whether tanh follows.</param>
internal sealed record DenseSettings(int InputSize, int OutputSize, bool HasBias, bool IsTanh)
{
    private const int MaxWidth = 1 << 20;

    /// <exception cref="InvalidModelException">A value is missing, impossible or not supported.</exception>
    public static DenseSettings Load(string path)
    {
        using var document = JsonSection.Load(path);
        var json = JsonSection.Root(path, document);
        if (json.Flag("use_residual", false)) throw json.Error("use_residual", "a layer that adds what comes in is not supported");
        foreach (var key in (string[])["module_input_name", "module_output_name"])
        {
            if (json.Text(key) is { } name and not "sentence_embedding") throw json.Error(key, $"'{name}' is not supported; 'sentence_embedding' is");
        }

        var activation = json.Text("activation_function");
        return new DenseSettings(
            json.Int("in_features", null, 1, MaxWidth),
            json.Int("out_features", null, 1, MaxWidth),
            json.Flag("bias", true),
            activation?[(activation.LastIndexOf('.') + 1)..] switch
            {
                null or "Tanh" => true,
                "Identity" => false,
                _ => throw json.Error("activation_function", $"'{activation}' is not supported; Identity and Tanh are"),
            });
    }
}

using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Adapters;

/// <summary>
/// The classification head that was trained beside an adapter and is saved whole with it. Source: PEFT, <c>PeftModelForSequenceClassification</c> and
/// <c>get_peft_model_state_dict</c>.
/// </summary>
internal static class LoraHead
{
    /// <summary>The names under which PEFT looks for a classifier's head; Gemma's is the first.</summary>
    public static readonly string[] Modules = ["score", "classifier"];

    private const string Saved = "modules_to_save";
    private const string Original = "original_module";

    /// <summary>
    /// Which of the head's tensors a name is: "score.weight" or "score.bias", empty for the untrained one that some versions saved too, null if it is none of
    /// these.
    /// </summary>
    /// <param name="name">The name behind the adapter's prefix: <c>score.weight</c>, in older files <c>score.modules_to_save.default.weight</c>.</param>
    public static string? Parse(string name) => name.Split('.') switch
    {
        ["score", "weight"] or ["score", Saved, "weight"] or ["score", Saved, _, "weight"] => ScoreFile.Weight,
        ["score", "bias"] or ["score", Saved, "bias"] or ["score", Saved, _, "bias"] => ScoreFile.Bias,
        ["score", Original, ..] => string.Empty,
        _ => null,
    };

    /// <summary>Checks the tensors against what the configuration says.</summary>
    /// <exception cref="InvalidModelException">The weight is missing or no matrix.</exception>
    public static void Check(string path, LoraConfig config, IReadOnlyDictionary<string, StoredTensor> head)
    {
        if (!head.TryGetValue(ScoreFile.Weight, out var weight))
        {
            if (config.SavesHead || head.Count > 0)
            {
                throw new InvalidModelException(path, ScoreFile.Weight,
                    "the tensor is missing, although the adapter was trained with a classification head (modules_to_save); save the adapter again");
            }
        }
        else if (weight.Shape.Count != 2)
        {
            throw new InvalidModelException(path, ScoreFile.Weight, $"a matrix is expected, not [{string.Join(", ", weight.Shape)}]");
        }
    }
}

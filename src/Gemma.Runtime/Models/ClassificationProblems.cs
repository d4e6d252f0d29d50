using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>transformers' spelling of <see cref="ClassificationProblem"/>.</summary>
internal static class ClassificationProblems
{
    private const string Regression = "regression";
    private const string SingleLabel = "single_label_classification";
    private const string MultiLabel = "multi_label_classification";

    /// <summary>The name, or null when the problem is not stated.</summary>
    public static string? Name(ClassificationProblem problem) => problem switch
    {
        ClassificationProblem.Regression => Regression,
        ClassificationProblem.SingleLabel => SingleLabel,
        ClassificationProblem.MultiLabel => MultiLabel,
        _ => null,
    };

    /// <summary>Reads a name from a file.</summary>
    public static ClassificationProblem Parse(JsonSection json, string key) => json.Text(key) switch
    {
        null => ClassificationProblem.Unspecified,
        Regression => ClassificationProblem.Regression,
        SingleLabel => ClassificationProblem.SingleLabel,
        MultiLabel => ClassificationProblem.MultiLabel,
        var other => throw json.Error(key, $"'{other}' is not one of {Regression}, {SingleLabel} and {MultiLabel}"),
    };
}

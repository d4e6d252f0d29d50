using System.Globalization;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Cli.Classification;

/// <summary>Compares results with what is right.</summary>
internal abstract class Evaluation
{
    /// <summary>Texts compared.</summary>
    public int Count { get; private set; }

    /// <summary>The kind that fits a classifier.</summary>
    public static Evaluation Create(SequenceClassifierMetadata metadata) => metadata.ProblemType switch
    {
        ClassificationProblem.Regression => new RegressionEvaluation(),
        ClassificationProblem.MultiLabel => new MultiLabelEvaluation(metadata.Labels),
        _ => metadata.Labels.Count == 1 ? new MultiLabelEvaluation(metadata.Labels) : new SingleLabelEvaluation(metadata.Labels),
    };

    /// <summary>Adds a text.</summary>
    /// <exception cref="UsageException">The line does not say what is right.</exception>
    public void Add(JsonLine line, ClassificationResult result)
    {
        Compare(line, result);
        Count++;
    }

    /// <summary>Writes the figures.</summary>
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>Prints the figures.</summary>
    public abstract void Print(IAnsiConsole console);

    protected abstract void Compare(JsonLine line, ClassificationResult result);

    protected static string Figure(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>The quotient, or 0 where nothing was counted, as scikit-learn has it.</summary>
    protected static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;

    /// <summary>The name if it is a label.</summary>
    protected static string Known(JsonLine line, string key, string name, IReadOnlyList<string> labels) =>
        labels.Contains(name) ? name : throw line.Error(key, $"'{name}' is not one of {string.Join(", ", labels)}");
}

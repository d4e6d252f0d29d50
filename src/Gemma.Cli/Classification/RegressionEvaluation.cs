using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Classification;
using Spectre.Console;

namespace Gemma.Cli.Classification;

/// <summary>Heads that give numbers: errors, and the correlation of the first output with what is right.</summary>
internal sealed class RegressionEvaluation : Evaluation
{
    private readonly List<(double Expected, double Given)> _pairs = [];

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("count", Count);
        json.WriteNumber("mean_squared_error", MeanSquaredError);
        json.WriteNumber("mean_absolute_error", MeanAbsoluteError);
        json.WriteNumber("correlation", Correlation);
    }

    public override void Print(IAnsiConsole console) =>
        console.WriteLine($"{Count} texts, mean squared error {Figure(MeanSquaredError)}, mean absolute error {Figure(MeanAbsoluteError)}, "
            + $"correlation {Figure(Correlation)}");

    protected override void Compare(JsonLine line, ClassificationResult result)
    {
        if (line.Find("label") is not { ValueKind: JsonValueKind.Number } expected)
            throw line.Error("label", "a number is expected; the line must say what is right");
        _pairs.Add((expected.GetDouble(), result.Scores[0].Score));
    }

    private double MeanSquaredError => Ratio(_pairs.Sum(pair => (pair.Expected - pair.Given) * (pair.Expected - pair.Given)), Count);

    private double MeanAbsoluteError => Ratio(_pairs.Sum(pair => Math.Abs(pair.Expected - pair.Given)), Count);

    private double Correlation
    {
        get
        {
            if (Count == 0) return 0;
            var (x, y) = (_pairs.Average(pair => pair.Expected), _pairs.Average(pair => pair.Given));
            var covariance = _pairs.Sum(pair => (pair.Expected - x) * (pair.Given - y));
            return Ratio(covariance,
                Math.Sqrt(_pairs.Sum(pair => (pair.Expected - x) * (pair.Expected - x)) * _pairs.Sum(pair => (pair.Given - y) * (pair.Given - y))));
        }
    }
}

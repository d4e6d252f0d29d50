using System.Globalization;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Classification;
using Spectre.Console;

namespace Gemma.Cli.Classification;

/// <summary>Heads that give one of several labels, with the temperature that would make their probabilities honest.</summary>
internal sealed class SingleLabelEvaluation(IReadOnlyList<string> labels) : Evaluation
{
    private readonly Dictionary<(string Expected, string Given), int> _confusion = [];
    private readonly List<ClassificationResult> _results = [];
    private readonly List<string> _expected = [];

    public override void Write(Utf8JsonWriter json)
    {
        var counts = Counts();
        json.WriteNumber("count", Count);
        json.WriteNumber("accuracy", Accuracy(counts));
        json.WriteNumber("macro_f1", counts.Values.Average(label => label.F1));
        json.WriteStartObject("labels");
        foreach (var label in labels) counts[label].Write(json, label);
        json.WriteEndObject();
        json.WriteStartObject("confusion_matrix");
        foreach (var expected in labels)
        {
            json.WriteStartObject(expected);
            foreach (var given in labels) json.WriteNumber(given, Confused(expected, given));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (Count > 0) json.WriteNumber("calibrated_temperature", TemperatureCalibration.Fit(_results, _expected));
    }

    public override void Print(IAnsiConsole console)
    {
        var counts = Counts();
        console.WriteLine($"{Count} texts, accuracy {Figure(Accuracy(counts))}, macro F1 {Figure(counts.Values.Average(label => label.F1))}");
        console.Write(LabelTable.Create(labels, counts));
        var matrix = new Table().AddColumn("right \\ given");
        foreach (var label in labels) matrix.AddColumn(Markup.Escape(label));
        foreach (var expected in labels)
            matrix.AddRow([Markup.Escape(expected), .. labels.Select(given => Confused(expected, given).ToString(CultureInfo.InvariantCulture))]);
        console.Write(matrix);
        if (Count > 0) console.WriteLine($"calibrated temperature {Figure(TemperatureCalibration.Fit(_results, _expected))}");
    }

    protected override void Compare(JsonLine line, ClassificationResult result)
    {
        var expected = Known(line, "label", line.Text("label") ?? throw line.Error("label", "the key is missing; the line must name the right label"), labels);
        _confusion[(expected, result.Label)] = Confused(expected, result.Label) + 1;
        _results.Add(result);
        _expected.Add(expected);
    }

    private int Confused(string expected, string given) => _confusion.GetValueOrDefault((expected, given));

    private double Accuracy(Dictionary<string, LabelCounts> counts) => Ratio(counts.Values.Sum(label => label.TruePositives), Count);

    private Dictionary<string, LabelCounts> Counts() => labels.ToDictionary(label => label, label => new LabelCounts
    {
        TruePositives = Confused(label, label),
        FalsePositives = labels.Where(other => other != label).Sum(other => Confused(other, label)),
        FalseNegatives = labels.Where(other => other != label).Sum(other => Confused(label, other)),
    });
}

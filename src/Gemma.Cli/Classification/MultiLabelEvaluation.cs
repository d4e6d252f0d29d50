using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Classification;
using Spectre.Console;

namespace Gemma.Cli.Classification;

/// <summary>Heads that give any number of labels: accuracy counts texts whose whole set is right.</summary>
internal sealed class MultiLabelEvaluation(IReadOnlyList<string> labels) : Evaluation
{
    private readonly Dictionary<string, LabelCounts> _counts = labels.ToDictionary(label => label, _ => new LabelCounts());
    private int _right;

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("count", Count);
        json.WriteNumber("accuracy", Ratio(_right, Count));
        json.WriteNumber("macro_f1", _counts.Values.Average(counts => counts.F1));
        json.WriteStartObject("labels");
        foreach (var label in labels) _counts[label].Write(json, label);
        json.WriteEndObject();
    }

    public override void Print(IAnsiConsole console)
    {
        console.WriteLine(
            $"{Count} texts, accuracy (whole set) {Figure(Ratio(_right, Count))}, macro F1 {Figure(_counts.Values.Average(counts => counts.F1))}");
        console.Write(LabelTable.Create(labels, _counts));
    }

    protected override void Compare(JsonLine line, ClassificationResult result)
    {
        HashSet<string> expected = [.. Expected(line)];
        var given = result.SelectedLabels.ToHashSet();
        if (expected.SetEquals(given)) _right++;
        foreach (var (label, counts) in _counts)
        {
            if (given.Contains(label) && expected.Contains(label)) counts.TruePositives++;
            else if (given.Contains(label)) counts.FalsePositives++;
            else if (expected.Contains(label)) counts.FalseNegatives++;
        }
    }

    private IEnumerable<string> Expected(JsonLine line)
    {
        if (line.Find("labels") is { ValueKind: JsonValueKind.Array } list)
        {
            return [.. list.EnumerateArray()
                .Select(label => label.ValueKind == JsonValueKind.String
                    ? Known(line, "labels", JsonText.Read(label), labels)
                    : throw line.Error("labels", "a list of label names is expected"))];
        }
        return [Known(line, "label", line.Text("label") ?? throw line.Error("labels", "the key is missing; the line must name the right labels"), labels)];
    }
}

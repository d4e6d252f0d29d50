using System.Text.Json;

namespace Gemma.Cli.Classification;

/// <summary>How often a label was given rightly, wrongly, and not at all.</summary>
internal sealed class LabelCounts
{
    public int TruePositives { get; set; }

    public int FalsePositives { get; set; }

    public int FalseNegatives { get; set; }

    public int Support => TruePositives + FalseNegatives;

    public double Precision => Ratio(TruePositives, TruePositives + FalsePositives);

    public double Recall => Ratio(TruePositives, Support);

    public double F1 => Ratio(2 * TruePositives, (2 * TruePositives) + FalsePositives + FalseNegatives);

    public void Write(Utf8JsonWriter json, string label)
    {
        json.WriteStartObject(label);
        json.WriteNumber("precision", Precision);
        json.WriteNumber("recall", Recall);
        json.WriteNumber("f1", F1);
        json.WriteNumber("support", Support);
        json.WriteEndObject();
    }

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}

using System.Globalization;
using Spectre.Console;

namespace Gemma.Cli.Classification;

/// <summary>Precision, recall and F1 per label.</summary>
internal static class LabelTable
{
    public static Table Create(IReadOnlyList<string> labels, IReadOnlyDictionary<string, LabelCounts> counts)
    {
        var table = new Table().AddColumns("label", "precision", "recall", "F1", "texts");
        foreach (var label in labels)
        {
            table.AddRow(Markup.Escape(label), Figure(counts[label].Precision), Figure(counts[label].Recall), Figure(counts[label].F1),
                counts[label].Support.ToString(CultureInfo.InvariantCulture));
        }
        return table;
    }

    private static string Figure(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}

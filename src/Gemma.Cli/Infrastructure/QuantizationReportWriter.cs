using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma.Conversion.Quantization;
using Spectre.Console;

namespace Gemma.Cli.Infrastructure;

/// <summary>Prints what quantisation did to each matrix.</summary>
internal static class QuantizationReportWriter
{
    public static void Write(CommandConsole console, QuantizationReport report, bool json)
    {
        if (json)
        {
            console.Output.WriteLine(Json(report.Tensors));
            return;
        }

        var table = new Table().AddColumns("matrix", "bits", "block", "weights", "relative squared error");
        foreach (var tensor in report.Tensors) table.AddRow(Markup.Escape(tensor.Name), Text($"{tensor.Bits}"), Text($"{tensor.BlockSize}"), Text($"{tensor.Weights}"), Text($"{tensor.RelativeSquaredError:E3}"));
        console.OutputTerminal.Write(table);
    }

    private static string Json(IReadOnlyList<TensorError> tensors)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("tensors");
            foreach (var tensor in tensors)
            {
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteNumber("bits", tensor.Bits);
                json.WriteNumber("block_size", tensor.BlockSize);
                json.WriteNumber("weights", tensor.Weights);
                json.WriteNumber("relative_squared_error", tensor.RelativeSquaredError);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

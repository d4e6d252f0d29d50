using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma.Conversion.Quantization;

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

        TerminalTable.Write(console, ["matrix", "bits", "block", "weights", "squared error"],
            [.. report.Tensors.Select(tensor =>
                (string[])[tensor.Name, Text($"{tensor.Bits}"), Text($"{tensor.BlockSize}"), Text($"{tensor.Weights:N0}"),
                    Text($"{100 * tensor.RelativeSquaredError:0.000} %")])]);
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

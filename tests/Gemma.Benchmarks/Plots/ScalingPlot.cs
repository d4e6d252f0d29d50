using System.Globalization;
using System.Text;

namespace Gemma.Benchmarks.Plots;

/// <summary>Draws tokens per second over the number of sequences as SVG, with the speed that the memory bandwidth allows one sequence.</summary>
internal static class ScalingPlot
{
    private const int Width = 640;
    private const int Height = 360;
    private const int Left = 60;
    private const int Top = 40;
    private const int Right = 20;
    private const int Bottom = 50;

    /// <summary>Draws one model's measurements.</summary>
    /// <param name="model">Its name.</param>
    /// <param name="ceiling">Tokens per second of one sequence at full memory bandwidth, or 0.</param>
    /// <param name="batches">How many sequences, and the tokens per second of all of them together; at least one.</param>
    public static string Draw(string model, double ceiling, IReadOnlyList<(int Sequences, double TokensPerSecond)> batches)
    {
        var highest = Step(Math.Max(ceiling, batches.Max(batch => batch.TokensPerSecond))) * 5;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        Text(svg, Width / 2.0, 20, "middle", $"{model}: decode tokens per second, all sequences together");
        Text(svg, Width / 2.0, Height - 12, "middle", "sequences in one pass");
        for (var i = 0; i <= 5; i++)
        {
            var value = highest * i / 5;
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"<line x1=\"{Left}\" y1=\"{Y(value, highest):0.#}\" x2=\"{Width - Right}\" y2=\"{Y(value, highest):0.#}\" stroke=\"#ddd\"/>");
            Text(svg, Left - 8, Y(value, highest) + 4, "end", value.ToString("0.#", CultureInfo.InvariantCulture));
        }

        var slot = (double)(Width - Left - Right) / batches.Count;
        for (var i = 0; i < batches.Count; i++)
        {
            var (sequences, speed) = batches[i];
            var x = Left + (slot * (i + 0.5));
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"<rect x=\"{x - (slot / 4):0.#}\" y=\"{Y(speed, highest):0.#}\" width=\"{slot / 2:0.#}\" height=\"{Y(0, highest) - Y(speed, highest):0.#}\" "
                    + $"fill=\"#4285f4\"/>");
            Text(svg, x, Y(speed, highest) - 6, "middle", speed.ToString("0.0", CultureInfo.InvariantCulture));
            Text(svg, x, Height - Bottom + 18, "middle", sequences.ToString(CultureInfo.InvariantCulture));
        }

        if (ceiling > 0)
        {
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"<line x1=\"{Left}\" y1=\"{Y(ceiling, highest):0.#}\" x2=\"{Width - Right}\" y2=\"{Y(ceiling, highest):0.#}\" stroke=\"#d93025\" "
                    + $"stroke-dasharray=\"6 4\"/>");
            Text(svg, Width - Right, Y(ceiling, highest) - 6, "end",
                $"one sequence at full memory bandwidth: {ceiling.ToString("0.0", CultureInfo.InvariantCulture)}");
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static double Y(double value, double highest) => Height - Bottom - (value / highest * (Height - Top - Bottom));

    // A fifth of the axis: 1, 2 or 5 times a power of ten.
    private static double Step(double highest)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(highest / 5)));
        foreach (var factor in (double[])[1, 2, 5])
        {
            if (factor * power * 5 >= highest) return factor * power;
        }

        return 10 * power;
    }

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text) =>
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\">{System.Security.SecurityElement.Escape(text)}</text>");
}

using System.Globalization;
using Gemma.Conversion.Inspection;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Cli.Infrastructure;

/// <summary>A model's description as a table.</summary>
internal static class ModelSummaryTable
{
    private const int ShownHashLength = 16;
    private const double GigaByte = 1e9;
    private const double MegaByte = 1e6;

    public static Table Create(ModelSummary summary, bool showFiles)
    {
        var table = new Table { ShowHeaders = false, Border = TableBorder.None };
        table.AddColumns(string.Empty, string.Empty);
        Add(table, summary.IsPackage ? "package" : "checkpoint", summary.Path);
        if (summary.Format is { } format)
            Add(table, summary.IsPackage ? "converted from" : "format", summary.Manifest is { } origin ? $"{origin.Source} ({format})" : format);
        if (summary.Manifest?.Adapter is { } adapter) Add(table, "merged adapter", adapter);
        if (summary.Config is { } config) AddShape(table, config);
        if (summary.Parameters is { } parameters)
        {
            Add(table, "parameters", parameters.ToString("N0", CultureInfo.InvariantCulture)
                + (summary.DataTypes.Count > 0 ? $" ({string.Join(", ", summary.DataTypes)})" : string.Empty));
        }
        if (summary.Manifest is { } manifest) Add(table, "precision", Precision(manifest));
        foreach (var matrices in summary.Manifest?.Weights ?? [])
        {
            Add(table, matrices.Matrix,
                string.Create(CultureInfo.InvariantCulture,
                    $"{matrices.Count} × {matrices.Source} as {matrices.Stored}, {(matrices.IsExact ? "exact" : "quantised again")}"));
        }
        Add(table, "heads", summary.Heads.Count == 0 ? "none" : string.Join(", ", summary.Heads));
        Add(table, "chat template", summary.ChatTemplate ?? "none");
        foreach (var size in summary.Sizes)
        {
            Add(table, summary.IsPackage
                ? "size"
                : $"as {size.Precision}{(size.Precision == summary.DefaultPrecision ? " (default)" : string.Empty)}",
                $"{Bytes(size.FileBytes)} on disk, about {Bytes(size.MemoryBytes)} in memory with {summary.Context} tokens of "
                    + $"context{(size.MappedBytes > 0 ? $", {Bytes(size.MappedBytes)} mapped from disk" : string.Empty)}");
        }
        if (!showFiles)
        {
            Add(table, "files",
                string.Create(CultureInfo.InvariantCulture, $"{summary.Files.Count}, {Bytes(summary.Files.Sum(file => file.Length))} (--files lists them)"));
        }
        else foreach (var file in summary.Files)
            Add(table, file.Path, Bytes(file.Length) + (file.Sha256 is { } hash ? $"  {hash[..ShownHashLength]}…" : string.Empty));
        foreach (var prepacked in summary.Prepacked) Add(table, "packed weights", $"{Bytes(prepacked.Bytes)} for {prepacked.Library} on {prepacked.Processor}");
        if (summary.Verified) Add(table, "verified", "all files are as they were written");
        return table;
    }

    private static void AddShape(Table table, GemmaConfig config)
    {
        var plan = config.Plan;
        var layer = plan.Layers[0];
        Add(table, "architecture", config.ClassName);
        Add(table, "layers",
            string.Create(CultureInfo.InvariantCulture, $"{plan.Layers.Count}, hidden {config.HiddenSize}, intermediate {layer.FeedForward.Width}"));
        Add(table, "attention",
            string.Create(CultureInfo.InvariantCulture,
                $"{layer.Attention.QueryHeads} query heads, {layer.Attention.KeyValueHeads} key/value heads of {layer.Attention.HeadSize}"));
        Add(table, "vocabulary", config.VocabSize.ToString(CultureInfo.InvariantCulture));
        Add(table, "trained context", config.MaxPositionEmbeddings.ToString(CultureInfo.InvariantCulture));
        if (config.Labels.Count > 0) Add(table, "labels", string.Join(", ", config.Labels));
    }

    private static string Precision(PackageManifest manifest) =>
        manifest.Precision
        + (manifest.BlockSize is { } block
            ? string.Create(CultureInfo.InvariantCulture, $", blocks of {block}{(manifest.ZeroPoints == true ? " with zero points" : string.Empty)}")
            : string.Empty)
        + (manifest.Scales is { } scales ? $", scales by {scales}" : string.Empty)
        + (manifest.Calibration is { } text ? $", calibrated with {text}" : string.Empty)
        + (manifest.LmHeadBits is { } bits ? string.Create(CultureInfo.InvariantCulture, $", embedding and lm_head {bits} bits") : string.Empty)
        + (manifest.Activations is { } type ? $", computes in {type}" : string.Empty)
        + (manifest.Prefill is { } prefill ? $", prompts in {prefill}" : string.Empty);

    private static void Add(Table table, string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));

    private static string Bytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{(bytes >= GigaByte ? bytes / GigaByte : bytes / MegaByte):0.00} {(bytes >= GigaByte ? "GB" : "MB")}");
}

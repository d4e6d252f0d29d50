using Gemma.Conversion;
using Gemma.Conversion.Quantization;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Peers;

/// <summary>A way to convert a shape, and what is measured of it.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Options">How it is converted.</param>
/// <param name="Arguments">What <c>gemma bench</c> gets.</param>
internal sealed record PackageForm(string Name, ConversionOptions Options, string Arguments)
{
    private const string Generation = "--parts single batch";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PackageForm> All { get; } =
    [
        new("block128", Int4(128), Generation),
        new("block32", Int4(32), Generation),

        // What docs/quantization.md recommends for quality.
        new("quality", Int4(64, zeroPoints: true, headBits: 8), Generation),
        new("prompts8", Int4(128, prefill: ModelPrecision.W8A8), "--parts single --prefill-graph"),
        new("embed128", Int4(128), "--parts embed"),
        new("embed8", new ConversionOptions { Precision = ModelPrecision.W8A8 }, "--parts embed"),
    ];

    /// <summary>Those of some names; of none, what the shape is for.</summary>
    public static IReadOnlyList<PackageForm> Of(string[] names, string shape)
    {
        if (names.Length == 0) names = shape == "embedding" ? ["embed128", "embed8"] : ["block128", "block32", "prompts8"];
        return [.. names.Select(name => All.FirstOrDefault(form => form.Name == name) ?? throw new ArgumentException($"There is no form '{name}'."))];
    }

    private static ConversionOptions Int4(int block, bool zeroPoints = false, int headBits = 4, ModelPrecision? prefill = null) => new()
    {
        Precision = ModelPrecision.Int4,
        BlockSize = block,
        ZeroPoints = zeroPoints,
        LmHeadBits = headBits,
        Prefill = prefill,
        Scales = ScaleChoice.AbsMax,
    };
}

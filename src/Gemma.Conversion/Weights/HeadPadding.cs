using Gemma.Runtime.Models;

namespace Gemma.Conversion.Weights;

/// <summary>
/// ONNX Runtime's GroupQueryAttention takes head sizes that are multiples of 16 when it rotates them. Other sizes are filled up with zeros, in each half
/// of a head, because the rotary embedding pairs an element of the first half with one of the second. Zeros add nothing to any product.
/// </summary>
internal sealed class HeadPadding(GemmaConfig config)
{
    private const int Multiple = 16;

    /// <summary>The head size in the graph.</summary>
    public int Size { get; } = (config.HeadDim + Multiple - 1) / Multiple * Multiple;

    /// <summary>Whether heads are filled up.</summary>
    public bool IsNeeded => Size != config.HeadDim;

    /// <summary>Rows of projections into heads.</summary>
    public RowSource Rows(RowSource source) => IsNeeded ? source.WithRows(source.Rows / config.HeadDim * Size, Source) : source;

    /// <summary>Columns of the projection out of heads.</summary>
    public RowSource Columns(RowSource source) => IsNeeded ? source.WithColumns(source.Width / config.HeadDim * Size, Source) : source;

    private int Source(int index)
    {
        var (head, element) = Math.DivRem(index, Size);
        var (half, offset) = Math.DivRem(element, Size / 2);
        return offset < config.HeadDim / 2 ? (head * config.HeadDim) + (half * config.HeadDim / 2) + offset : -1;
    }
}

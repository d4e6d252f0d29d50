using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Weights;

/// <summary>
/// Fills attention heads up with zeros to the size that they have in the graph, in each half of a head, because the rotary embedding pairs an element of the
/// first half with one of the second. Zeros add nothing to any product.
/// </summary>
internal sealed class AttentionPadding(AttentionPlan attention)
{
    /// <summary>Rows of projections into attention heads.</summary>
    public RowSource Rows(RowSource source) => IsNeeded ? source.WithRows(source.Rows / attention.HeadSize * attention.GraphHeadSize, Source) : source;

    /// <summary>Columns of the projection out of attention heads.</summary>
    public RowSource Columns(RowSource source) => IsNeeded ? source.WithColumns(source.Width / attention.HeadSize * attention.GraphHeadSize, Source) : source;

    private bool IsNeeded => attention.GraphHeadSize != attention.HeadSize;

    private int Source(int index)
    {
        var (head, element) = Math.DivRem(index, attention.GraphHeadSize);
        var (half, offset) = Math.DivRem(element, attention.GraphHeadSize / 2);
        return offset < attention.HeadSize / 2 ? (head * attention.HeadSize) + (half * attention.HeadSize / 2) + offset : -1;
    }
}

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Several runs of bytes, one after the other.</summary>
internal sealed class JoinedRegions : ByteSource
{
    private readonly IReadOnlyList<ByteSource> _parts;
    private readonly long[] _ends;

    public JoinedRegions(IReadOnlyList<ByteSource> parts)
    {
        _parts = parts;
        _ends = new long[parts.Count];
        foreach (var (i, part) in parts.Index()) _ends[i] = Length += part.Length;
    }

    public override long Length { get; }

    public override void Read(long offset, Span<byte> destination)
    {
        var index = Array.BinarySearch(_ends, offset + 1);
        for (var i = index < 0 ? ~index : index; !destination.IsEmpty; i++)
        {
            var within = offset - (_ends[i] - _parts[i].Length);
            var count = (int)Math.Min(destination.Length, _ends[i] - offset);
            _parts[i].Read(within, destination[..count]);
            offset += count;
            destination = destination[count..];
        }
    }
}

using System.Collections.Concurrent;

namespace Gemma.Conversion.Quantization;

/// <summary>Collects the error that quantisation leaves in each matrix.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class QuantizationReport
{
    private readonly ConcurrentDictionary<string, Sums> _sums = new(StringComparer.Ordinal);

    /// <summary>The matrices so far, by name.</summary>
    public IReadOnlyList<TensorError> Tensors =>
        [.. _sums.OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry =>
                new TensorError(entry.Key, entry.Value.Bits, entry.Value.BlockSize, entry.Value.Count, entry.Value.Squares == 0
                    ? 0
                    : entry.Value.Error / entry.Value.Squares))];

    internal void Add(string name, int bits, int blockSize, ReadOnlySpan<float> exact, ReadOnlySpan<float> restored)
    {
        double error = 0, squares = 0;
        for (var i = 0; i < exact.Length; i++)
        {
            var difference = (double)exact[i] - restored[i];
            error += difference * difference;
            squares += (double)exact[i] * exact[i];
        }

        var added = new Sums(bits, blockSize, exact.Length, error, squares);
        _sums.AddOrUpdate(name, added,
            (_, sums) => sums with { Count = sums.Count + added.Count, Error = sums.Error + added.Error, Squares = sums.Squares + added.Squares });
    }

    private sealed record Sums(int Bits, int BlockSize, long Count, double Error, double Squares);
}

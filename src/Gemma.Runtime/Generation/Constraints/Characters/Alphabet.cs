using System.Text;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>Code points in classes: an automaton treats all of one class alike. Class 0 holds what no set names. Immutable.</summary>
internal sealed class Alphabet
{
    private readonly int[] _starts;
    private readonly int[] _classes;
    private readonly int[] _ascii = new int[128];
    private readonly int[] _representatives;

    private Alphabet(int[] starts, int[] classes, int count)
    {
        (_starts, _classes, Count) = (starts, classes, count);
        _representatives = new int[count];
        Array.Fill(_representatives, -1);
        for (var i = 0; i < starts.Length; i++) Represent(classes[i], starts[i], (i + 1 < starts.Length ? starts[i + 1] : 0x110000) - 1);
        for (var c = 0; c < _ascii.Length; c++) _ascii[c] = _classes[IntervalOf(c)];
    }

    /// <summary>The number of classes.</summary>
    public int Count { get; }

    /// <summary>The coarsest classes that each set is made of.</summary>
    public static Alphabet Of(IReadOnlyList<CharacterSet> sets, CompilationBudget budget)
    {
        SortedSet<int> starts = [0, 0xD800, 0xE000];
        foreach (var set in sets)
        {
            foreach (var (low, high) in set.Ranges)
            {
                budget.Step();
                starts.Add(low);
                if (high < 0x10FFFF) starts.Add(high + 1);
            }
        }

        int[] sorted = [.. starts];
        var memberships = sorted.Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < sets.Count; i++)
        {
            foreach (var (low, high) in sets[i].Ranges)
                for (var at = Array.BinarySearch(sorted, low); at < sorted.Length && sorted[at] <= high; at++) memberships[at].Add(i);
            budget.Step();
        }

        return Number(sorted, memberships.Select(members => string.Join(',', members)), string.Empty);
    }

    /// <summary>The coarsest classes that both alphabets' classes are made of.</summary>
    public static Alphabet Of(Alphabet a, Alphabet b)
    {
        int[] starts = [.. a._starts.Union(b._starts).Order()];
        return Number(starts, starts.Select(start => $"{a.ClassOf(start)} {b.ClassOf(start)}"), "0 0");
    }

    /// <summary>The class of a code point.</summary>
    public int ClassOf(int codePoint) => codePoint < 128 ? _ascii[codePoint] : _classes[IntervalOf(codePoint)];

    /// <summary>A code point of a class, the plainest there is; -1 of an empty one.</summary>
    public int Representative(int characterClass) => _representatives[characterClass];

    /// <summary>The classes with code points in a range, each with the plainest one there.</summary>
    public IEnumerable<(int Class, int CodePoint)> Between(int low, int high)
    {
        // Four bytes can say more than the last code point.
        for (var i = IntervalOf(low); low <= high && i < _starts.Length && _starts[i] <= high; i++)
        {
            var (first, last) = (Math.Max(low, _starts[i]), Math.Min(high, (i + 1 < _starts.Length ? _starts[i + 1] : 0x110000) - 1));
            yield return (_classes[i], Plainest(first, last));
        }
    }

    /// <summary>How many code points a class has.</summary>
    public long SizeOf(int characterClass)
    {
        long size = 0;
        for (var i = 0; i < _starts.Length; i++)
            if (_classes[i] == characterClass) size += (i + 1 < _starts.Length ? _starts[i + 1] : 0x110000) - _starts[i];
        return size;
    }

    /// <summary>The bytes of a code point in a JSON string.</summary>
    public static int BytesOf(int codePoint) => codePoint switch
    {
        '"' or '\\' or '\n' or '\r' or '\t' or '\b' or '\f' => 2,
        < 0x20 => 6,
        _ => Rune.IsValid(codePoint) ? new Rune(codePoint).Utf8SequenceLength : 6,
    };

    private static Alphabet Number(int[] starts, IEnumerable<string> signatures, string rest)
    {
        var numbers = new Dictionary<string, int> { [rest] = 0 };
        List<int> classes = [];
        foreach (var signature in signatures)
        {
            if (!numbers.TryGetValue(signature, out var number)) numbers[signature] = number = numbers.Count;
            classes.Add(number);
        }

        return new Alphabet(starts, [.. classes], numbers.Count);
    }

    private int IntervalOf(int codePoint)
    {
        var index = Array.BinarySearch(_starts, codePoint);
        return index >= 0 ? index : ~index - 1;
    }

    private void Represent(int characterClass, int low, int high)
    {
        ref var representative = ref _representatives[characterClass];
        var plainest = Plainest(low, high);
        if (representative < 0 || Rank(plainest) < Rank(representative)) representative = plainest;
    }

    private static int Plainest(int low, int high)
    {
        foreach (var c in (ReadOnlySpan<int>)['a', '0', 'A', ' ', '-', '.'])
            if (c >= low && c <= high) return c;
        for (var c = low; c <= Math.Min(high, 127); c++)
            if (BytesOf(c) == 1) return c;
        return low;
    }

    private static int Rank(int codePoint) => (BytesOf(codePoint) * 2) + (codePoint is >= '0' and <= 'z' ? 0 : 1);
}

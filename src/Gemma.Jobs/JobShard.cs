using System.Globalization;

namespace Gemma.Jobs;

/// <summary>A share of a job's parts: every <paramref name="Count"/>th, beginning with <paramref name="Index"/>.</summary>
/// <param name="Index">From 0, below <paramref name="Count"/>.</param>
/// <param name="Count">Shares in all.</param>
public readonly record struct JobShard(int Index, int Count)
{
    /// <summary>All parts.</summary>
    public static JobShard All { get; } = new(0, 1);

    /// <summary>Whether a part is one of this share.</summary>
    public bool Contains(int part) => part % Count == Index;

    /// <summary>Reads <c>3/8</c>: the third of eight. <c>0/8</c> is <c>8/8</c>, for those who count from 0, as Kubernetes' indexed jobs do.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static JobShard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0
            && int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && number <= count) return new JobShard(number % count, count);
        throw new FormatException($"'{text}' is no share such as 3/8, the third of eight.");
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Index == 0 ? Count : Index)}/{Count}");
}

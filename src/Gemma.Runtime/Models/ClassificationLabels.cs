namespace Gemma.Runtime.Models;

/// <summary>Checks a head's label names.</summary>
internal static class ClassificationLabels
{
    /// <summary>Throws what <paramref name="error"/> makes of the problem when there are no labels or two have the same name.</summary>
    public static void Check(IReadOnlyList<string> labels, Func<string, Exception> error)
    {
        if (labels.Count == 0) throw error("the head has no labels");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var label in labels)
        {
            if (!seen.Add(label)) throw error($"two labels are named '{label}'; labels are addressed by name, give them different ones");
        }
    }
}

using Gemma.Runtime.Models;

namespace Gemma.Runtime.Classification;

/// <summary>Finds the head that a caller means.</summary>
internal static class HeadSelection
{
    private const string OwnName = "default";

    /// <summary>The head of a name; without one the only head of its kind, or the checkpoint's own.</summary>
    /// <exception cref="UnknownHeadException">There is no such head, or it is of the other kind, or there are several and none was named.</exception>
    public static ClassificationHead Find(ModelPackage package, string? name, ClassificationHeadKind kind)
    {
        var names = package.Heads.Values.Where(head => head.Kind == kind).Select(head => head.Name).ToArray();
        name ??= names is [var only] ? only : Array.Find(names, static candidate => candidate == OwnName);
        if (name is null || !package.Heads.TryGetValue(name, out var found))
            throw new UnknownHeadException(name, names.Length > 0 ? names : [.. package.Heads.Keys]);
        if (found.Kind == kind) return found;
        throw new UnknownHeadException(kind == ClassificationHeadKind.Sequence
            ? $"The head '{name}' scores tokens, not texts; use {nameof(GemmaTokenClassifier)}."
            : $"The head '{name}' scores texts, not tokens; use {nameof(GemmaSequenceClassifier)}.");
    }
}

using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>A class of characters as the dialects of regular expressions read it: what is in it for all of them, and what is for any of them.</summary>
/// <param name="Surely">In the class for ECMAScript and .NET alike.</param>
/// <param name="Perhaps">In the class for one of them.</param>
internal readonly record struct PatternClass(CharacterSet Surely, CharacterSet Perhaps)
{
    /// <summary>
    /// What the class does not hold. Characters of two UTF-16 units, which .NET counts twice, are surely in no class that does not name them.
    /// </summary>
    public PatternClass Complement() => new(Perhaps.Complement().Intersect(CharacterSet.OneUnit), Surely.Complement());

    /// <summary>What either class holds.</summary>
    public PatternClass Union(PatternClass other) => new(Surely.Union(other.Surely), Perhaps.Union(other.Perhaps));

    /// <summary>A class that all dialects read alike.</summary>
    public static PatternClass Of(CharacterSet set) => new(set, set);
}

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>How an object is written.</summary>
/// <param name="Open">Before its properties.</param>
/// <param name="Close">Behind them.</param>
/// <param name="Separator">Between a property's name and its value.</param>
/// <param name="HasBareNames">Whether names stand there without quotes.</param>
internal sealed record ObjectBrackets(char Open, char Close, char Separator, bool HasBareNames)
{
    /// <summary>JSON's.</summary>
    public static ObjectBrackets Json { get; } = new('{', '}', ':', HasBareNames: false);
}

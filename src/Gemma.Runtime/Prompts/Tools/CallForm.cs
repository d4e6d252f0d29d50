namespace Gemma.Runtime.Prompts.Tools;

/// <summary>What stands around the name and the arguments of a call that the model is made to write.</summary>
/// <param name="Syntax">How name and arguments are written.</param>
/// <param name="Before">Before the name.</param>
/// <param name="Between">Between name and arguments.</param>
/// <param name="After">After the arguments.</param>
internal sealed record CallForm(CallSyntax Syntax, string Before, string Between, string After)
{
    /// <summary>Gemma's.</summary>
    public static CallForm Gemma { get; } = new(CallSyntax.Json, "{\"name\": ", ", \"parameters\": ", "}");

    /// <summary>Python's, by Google's guide.</summary>
    public static CallForm Python { get; } = new(CallSyntax.Python, "[", string.Empty, "]");

    /// <summary>Hermes', where its tags are plain text.</summary>
    public static CallForm Hermes { get; } = InTags(CallTags.Hermes);

    /// <summary>Between several calls.</summary>
    public string Separator { get; private init; } = "\n";

    /// <summary>What stands around texts in <see cref="CallSyntax.Notation"/>.</summary>
    public string Quote { get; private init; } = "\"";

    /// <summary>JSON in tags.</summary>
    public static CallForm InTags(CallTags tags) => new(CallSyntax.Json, tags.Open + "\n{\"name\": ", ", \"arguments\": ", "}\n" + tags.Close);

    /// <summary>FunctionGemma's and Gemma 4's.</summary>
    public static CallForm Of(CallNotation notation) =>
        new(CallSyntax.Notation, notation.Open + CallNotation.Prefix, string.Empty, notation.Close) { Quote = notation.Quote, Separator = string.Empty };
}

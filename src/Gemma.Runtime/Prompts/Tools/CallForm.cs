namespace Gemma.Runtime.Prompts.Tools;

/// <summary>What stands around the name, a JSON string, and the arguments, a JSON object, of a call.</summary>
/// <param name="Before">Before the name.</param>
/// <param name="Between">Between name and arguments.</param>
/// <param name="After">After the arguments.</param>
internal sealed record CallForm(string Before, string Between, string After)
{
    /// <summary>Gemma's.</summary>
    public static CallForm Gemma { get; } = new("{\"name\": ", ", \"parameters\": ", "}");

    /// <summary>Hermes'.</summary>
    public static CallForm Hermes { get; } = new("<tool_call>\n{\"name\": ", ", \"arguments\": ", "}\n</tool_call>");
}

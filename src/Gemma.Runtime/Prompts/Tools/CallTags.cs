namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The tags around calls in JSON.</summary>
/// <param name="Open">Begins a call.</param>
/// <param name="Close">Ends it.</param>
internal sealed record CallTags(string Open, string Close)
{
    /// <summary>Those of Hermes and Qwen.</summary>
    public static CallTags Hermes { get; } = new("<tool_call>", "</tool_call>");
}

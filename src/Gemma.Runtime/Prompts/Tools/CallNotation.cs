namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// The marks around a call in the notation of FunctionGemma and Gemma 4: <c>call:NAME{key:value,…}</c>, texts between two quote marks without any escapes.
/// </summary>
/// <param name="Open">Begins a call.</param>
/// <param name="Close">Ends it.</param>
/// <param name="Quote">Stands before and after a text.</param>
internal sealed record CallNotation(string Open, string Close, string Quote)
{
    /// <summary>Stands between the opening mark and the name.</summary>
    public const string Prefix = "call:";

    /// <summary>FunctionGemma's.</summary>
    public static CallNotation FunctionGemma { get; } = new("<start_function_call>", "<end_function_call>", "<escape>");

    /// <summary>Gemma 4's.</summary>
    public static CallNotation Gemma4 { get; } = new("<|tool_call>", "<tool_call|>", "<|\"|>");

    /// <summary>All.</summary>
    public static IReadOnlyList<CallNotation> All { get; } = [FunctionGemma, Gemma4];
}

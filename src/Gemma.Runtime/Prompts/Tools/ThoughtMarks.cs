namespace Gemma.Runtime.Prompts.Tools;

/// <summary>What a model writes around its thoughts.</summary>
/// <param name="Open">Begins a thought.</param>
/// <param name="Title">What may follow the beginning on its line and is no thought, such as a channel's name; or null.</param>
/// <param name="Close">Ends the thought.</param>
internal sealed record ThoughtMarks(string Open, string? Title, string Close)
{
    /// <summary>Gemma 4's channel.</summary>
    public static ThoughtMarks Gemma4 { get; } = new("<|channel>", "thought\n", "<channel|>") { IsAsked = true };

    /// <summary>The tags that DeepSeek's and Qwen's models made common.</summary>
    public static ThoughtMarks Think { get; } = new("<think>", null, "</think>");

    /// <summary>Whether the model thinks only when it is asked to.</summary>
    public bool IsAsked { get; private init; }

    /// <summary>All.</summary>
    public static IReadOnlyList<ThoughtMarks> All { get; } = [Gemma4, Think];
}

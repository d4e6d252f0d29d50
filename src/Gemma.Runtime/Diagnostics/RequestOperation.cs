namespace Gemma.Runtime.Diagnostics;

/// <summary>A kind of request in telemetry.</summary>
/// <param name="Name">The value of <c>gen_ai.operation.name</c>: OpenTelemetry's own where it has one.</param>
/// <param name="SpanName">The name of its span.</param>
internal sealed record RequestOperation(string Name, string SpanName)
{
    /// <summary>A conversation.</summary>
    public static RequestOperation Chat { get; } = new("chat", "gemma.generate");

    /// <summary>A raw prompt of text or ids.</summary>
    public static RequestOperation TextCompletion { get; } = new("text_completion", "gemma.generate");

    /// <summary>A text's vector, or the states of its tokens.</summary>
    public static RequestOperation Embeddings { get; } = new("embeddings", "gemma.embed");

    /// <summary>A text's or its tokens' labels.</summary>
    public static RequestOperation Classification { get; } = new("classification", "gemma.classify");

    /// <summary>How likely a text is.</summary>
    public static RequestOperation Scoring { get; } = new("scoring", "gemma.score");
}

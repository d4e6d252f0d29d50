using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>A chat completion request, read and checked.</summary>
internal sealed record ChatRequest
{
    public required string? Model { get; init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    public required ChatOptions Options { get; init; }

    public bool Stream { get; init; }

    public bool IncludeUsage { get; init; }

    /// <summary>How many answers.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>How many alternatives to report per token; null reports nothing.</summary>
    public int? TopLogProbabilities { get; init; }
}

using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Classification;

/// <summary>Which client answers conversations of which label.</summary>
public sealed record RoutingTable
{
    /// <summary>A client per label. Not every label needs one.</summary>
    public required IReadOnlyDictionary<string, IChatClient> Clients { get; init; }

    /// <summary>The client for all other labels, and for scores below <see cref="MinimumScore"/>.</summary>
    public required IChatClient Fallback { get; init; }

    /// <summary>The score from which the winning label counts.</summary>
    /// <value>Default 0.</value>
    public float MinimumScore { get; init; }

    /// <summary>Whether the whole conversation is classified, through the chat template; otherwise the last user message as a text.</summary>
    /// <value>Default false.</value>
    public bool ClassifyConversation { get; init; }

    /// <summary>Options of the classification, or null.</summary>
    /// <value>Default null.</value>
    public ClassificationOptions? Options { get; init; }
}

namespace Gemma.Runtime.Prompts;

/// <summary>A message of a conversation, as chat templates see it.</summary>
/// <param name="Role">user, assistant (or model), system, or another role that the template writes as it is.</param>
/// <param name="Content">The text. Ignored where <see cref="Parts"/> is set.</param>
public sealed record ChatTurn(string Role, string Content)
{
    /// <summary>The content as a list of parts, for templates that know it; otherwise null.</summary>
    public IReadOnlyList<ChatTurnPart>? Parts { get; init; }
}

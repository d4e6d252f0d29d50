namespace Gemma.Server.Metrics;

/// <summary>What a request took.</summary>
/// <param name="Model">The model that it used, or null.</param>
/// <param name="InputTokens">Tokens that the model read.</param>
/// <param name="OutputTokens">Tokens that it wrote.</param>
/// <param name="Duration">From the request's head to the answer's end.</param>
internal sealed record RequestWork(string? Model, long InputTokens, long OutputTokens, TimeSpan Duration);

using Gemma.Runtime.Diagnostics;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>What every kind of request says besides its work.</summary>
/// <param name="Operation">Its kind, for telemetry.</param>
/// <param name="InputTokens">Tokens of its prompt or text.</param>
/// <param name="Priority">Requests of a higher number come first.</param>
/// <param name="Timeout">How long it may take, waiting included; null: as long as it takes.</param>
internal readonly record struct RequestTerms(RequestOperation Operation, int InputTokens, int Priority = 0, TimeSpan? Timeout = null);

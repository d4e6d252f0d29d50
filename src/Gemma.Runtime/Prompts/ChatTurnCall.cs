using System.Text.Json;

namespace Gemma.Runtime.Prompts;

/// <summary>A call of a function in a message of the assistant, for templates that render calls themselves.</summary>
/// <param name="Id">The call's id, or null.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Its arguments: an object, or a text that is none.</param>
public sealed record ChatTurnCall(string? Id, string Name, JsonElement Arguments);

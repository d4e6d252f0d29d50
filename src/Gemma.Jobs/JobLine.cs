using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>One record of a job's input.</summary>
/// <param name="Index">Its place among all records of all inputs, from 0.</param>
/// <param name="Element">Its object: a JSON line, or the columns of a row.</param>
public readonly record struct JobLine(long Index, JsonElement Element);

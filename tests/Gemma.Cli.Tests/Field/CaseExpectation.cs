using System.Text.Json;

namespace Gemma.Cli.Tests.Field;

/// <summary>Compares what a command did with what a case expects.</summary>
/// <param name="exitCode">The exit code.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
internal sealed class CaseExpectation(int exitCode, string output, string error)
{
    private readonly List<JsonElement> _lines = [.. output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonElement.Parse(line))];

    /// <summary>What differs, or null.</summary>
    public string? FindFault(JsonElement expected)
    {
        var exit = expected.GetProperty("exit").GetInt32();
        if (exitCode != exit) return $"exit {exitCode}, not {exit}: {error}";
        if (error.Contains("Unhandled exception", StringComparison.Ordinal) || error.Contains("\n   at ", StringComparison.Ordinal))
            return $"a stack trace: {error}";
        if (exit != 0 && !error.Split('\n').Any(line => line.StartsWith("error: ", StringComparison.Ordinal))) return $"no error line: {error}";
        foreach (var expectation in expected.EnumerateObject())
        {
            var fault = expectation.Name switch
            {
                "exit" => null,
                "stderr_has" => expectation.Value.EnumerateArray().Select(Lacks).FirstOrDefault(lacking => lacking is not null),
                "stderr_has_not" =>
                    expectation.Value.EnumerateArray().Where(word => Says(word.GetString()!)).Select(word => $"standard error says '{word}': {error}")
                        .FirstOrDefault(),
                "lines" => Lines(expectation.Value),
                "same" => expectation.Value.EnumerateArray().Select(Same).FirstOrDefault(differing => differing is not null),
                _ => throw new NotSupportedException($"The cases' expectation '{expectation.Name}' is new."),
            };
            if (fault is not null) return fault;
        }

        return null;
    }

    private bool Says(string word) => error.Contains(word, StringComparison.OrdinalIgnoreCase);

    private string? Lacks(JsonElement words)
    {
        string[] any = words.ValueKind == JsonValueKind.Array ? [.. words.EnumerateArray().Select(word => word.GetString()!)] : [words.GetString()!];
        return any.Any(Says) ? null : $"standard error lacks '{string.Join("' or '", any)}': {error}";
    }

    private string? Lines(JsonElement expected)
    {
        var index = 0;
        foreach (var line in expected.EnumerateArray())
        {
            if (index >= _lines.Count) return $"output line {index} is missing: {error}";
            if (Differs(line, _lines[index], $"line {index}") is { } fault) return fault;
            index++;
        }

        return null;
    }

    private string? Same(JsonElement pair)
    {
        var (key, left, right) = (pair[0].GetString()!, pair[1].GetInt32(), pair[2].GetInt32());
        if (Math.Max(left, right) >= _lines.Count) return $"output line {Math.Max(left, right)} is missing: {error}";
        return JsonElement.DeepEquals(_lines[left].GetProperty(key), _lines[right].GetProperty(key))
            ? null
            : $"lines {left} and {right} differ in {key}: {_lines[left]} / {_lines[right]}";
    }

    private static string? Differs(JsonElement expected, JsonElement actual, string place)
    {
        if (expected.ValueKind != JsonValueKind.Object) return JsonElement.DeepEquals(expected, actual) ? null : $"{place}: {actual} is not {expected}";
        if (expected.TryGetProperty("near", out var near))
        {
            double[] numbers = [.. near.EnumerateArray().Select(number => number.GetDouble())];
            double[] found = [.. actual.EnumerateArray().Select(number => number.GetDouble())];
            if (found.Length != numbers.Length) return $"{place}: {found.Length} numbers, not {numbers.Length}";
            var worst = numbers.Zip(found, (a, b) => Math.Abs(a - b)).Max();
            return worst <= expected.GetProperty("tolerance").GetDouble() ? null : $"{place}: the worst difference is {worst:G4}";
        }

        if (expected.TryGetProperty("at_most", out var most)) return actual.GetDouble() <= most.GetDouble() ? null : $"{place}: {actual} is above {most}";
        foreach (var property in expected.EnumerateObject())
        {
            if (!actual.TryGetProperty(property.Name, out var value)) return $"{place}.{property.Name} is missing: {actual}";
            if (Differs(property.Value, value, $"{place}.{property.Name}") is { } fault) return fault;
        }

        return null;
    }
}

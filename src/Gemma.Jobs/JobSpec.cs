using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>What a job is, as <c>job.json</c> keeps it beside the results.</summary>
internal sealed record JobSpec
{
    public const int CurrentLayout = 1;

    public int Layout { get; init; } = CurrentLayout;

    public required string Kind { get; init; }

    public required IReadOnlyList<JobInput> Inputs { get; init; }

    public string? Model { get; init; }

    public string? ModelSha256 { get; init; }

    public JsonElement? Options { get; init; }

    public required int LinesPerPart { get; init; }

    /// <summary>The parts of all inputs, in their order. A part never holds records of two files.</summary>
    public IReadOnlyList<JobPart> Parts()
    {
        List<JobPart> parts = [];
        long index = 0;
        for (var input = 0; input < Inputs.Count; input++)
        {
            var lines = Inputs[input].Lines;
            for (long first = 0; first < lines; first += LinesPerPart)
                parts.Add(new JobPart(parts.Count, input, (int)(first / LinesPerPart), first, index + first, (int)Math.Min(LinesPerPart, lines - first)));
            index += lines;
        }

        return parts;
    }

    /// <summary>How another job differs from this one, or null.</summary>
    public string? DifferenceTo(JobSpec other)
    {
        if (Layout != other.Layout) return $"its layout is {other.Layout}";
        if (Kind != other.Kind) return $"its work is '{other.Kind}'";
        if (LinesPerPart != other.LinesPerPart) return $"it has {other.LinesPerPart} lines per part";
        if (ModelSha256 != other.ModelSha256 || Model != other.Model) return $"its model is another one ({other.Model})";
        if (!IsSame(Options, other.Options)) return $"its options are {Text(other.Options)}";
        if (Inputs.Count != other.Inputs.Count) return $"it has {other.Inputs.Count} inputs";
        for (var i = 0; i < Inputs.Count; i++)
        {
            if (Inputs[i].Sha256 != other.Inputs[i].Sha256 || Inputs[i].Lines != other.Inputs[i].Lines)
                return $"the content of input '{Path.GetFileName(Inputs[i].Path)}' was another one";
            if (Inputs[i].TextColumn != other.Inputs[i].TextColumn) return $"its text is in '{other.Inputs[i].TextColumn}'";
        }

        return null;
    }

    /// <summary>Whether the inputs of another job lie where this one's do.</summary>
    public bool HasPathsOf(JobSpec other) => Inputs.Select(input => input.Path).SequenceEqual(other.Inputs.Select(input => input.Path), StringComparer.Ordinal);

    // Not as texts: a file may escape what the command line did not.
    private static bool IsSame(JsonElement? one, JsonElement? other) =>
        one is { } left && other is { } right ? JsonElement.DeepEquals(left, right) : one is null == other is null;

    private static string Text(JsonElement? options) => options is { } element ? element.GetRawText() : "{}";
}

using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>An object of JSON Lines input; errors name its line.</summary>
/// <param name="Number">The line, from 1.</param>
/// <param name="Element">The object.</param>
internal readonly record struct JsonLine(int Number, JsonElement Element)
{
    /// <summary>A property that is there and not null.</summary>
    public JsonElement? Find(string name) => Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A string property, or null.</summary>
    public string? Text(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => JsonText.Read(value),
        _ => throw Error(name, "a string is expected"),
    };

    /// <summary>A Boolean property.</summary>
    public bool Flag(string name, bool defaultValue) => Find(name) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Error(name, "true or false is expected"),
    };

    /// <summary>A list of token ids, or null.</summary>
    public int[]? Ids(string name)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Error(name, "a list of token ids is expected");
        var line = this;
        return [.. value.EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var id)
                ? id
                : throw line.Error(name, "a list of token ids is expected"))];
    }

    /// <summary>Refuses keys of an object in this line that are not read, so that a misspelt one is not ignored.</summary>
    /// <param name="name">The property that the object belongs to.</param>
    /// <param name="item">The object.</param>
    /// <param name="known">The keys that are read.</param>
    public void CheckKeys(string name, JsonElement item, params ReadOnlySpan<string> known)
    {
        foreach (var property in item.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Null && !known.Contains(property.Name))
                throw Error(name, $"the key '{property.Name}' is unknown; {string.Join(", ", known)} are known");
        }
    }

    /// <summary>Refuses a key that has no effect without another.</summary>
    public void CheckNeeds(string name, string needed)
    {
        if (Find(name) is not null && Find(needed) is null) throw Error(name, $"the key has no effect without {needed}");
    }

    /// <summary>Whether an error of the library is the line's, and not the machine's.</summary>
    public static bool IsAtFault(Exception error) => error is ArgumentException or NotSupportedException
        || (error is GemmaException && error is not EngineException and not GemmaOverloadedException);

    /// <summary>An error of the library as one of this line.</summary>
    public UsageException Error(Exception error)
    {
        // The library counts a call's inputs, which are not the file's lines, and .NET names a method's parameter, which is none of its keys.
        var problem = (error as ClassificationInputException)?.Problem ?? error.Message;
        var end = error is ArgumentException ? problem.IndexOf(" (Parameter '", StringComparison.Ordinal) : -1;
        return new UsageException($"line {Number}: {(end < 0 ? problem : problem[..end])}", error);
    }

    /// <summary>The error for a property of this line.</summary>
    public UsageException Error(string name, string problem) => new($"line {Number}: {name}: {problem}.");
}

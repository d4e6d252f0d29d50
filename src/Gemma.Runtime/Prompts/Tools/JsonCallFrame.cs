namespace Gemma.Runtime.Prompts.Tools;

/// <summary>An open object or array that may be a call or hold calls.</summary>
/// <param name="bracket">With which it began.</param>
/// <param name="start">Where.</param>
/// <param name="outer">What it stands in, or null.</param>
internal sealed class JsonCallFrame(char bracket, int start, JsonCallFrame? outer)
{
    /// <summary>The key of a function's name.</summary>
    public const string NameKey = "name";

    private const string FunctionKey = "function";
    private const string CallsKey = "tool_calls";
    private static readonly string[] Keys = [NameKey, "parameters", "arguments", "args", "id", "type", FunctionKey, CallsKey];

    /// <summary>What it stands in, or null.</summary>
    public JsonCallFrame? Outer => outer;

    /// <summary>In how many others it stands.</summary>
    public int Depth { get; } = outer is null ? 0 : outer.Depth + 1;

    /// <summary>Where it began.</summary>
    public int Start => start;

    /// <summary>Whether it is an object.</summary>
    public bool IsObject => bracket == '{';

    /// <summary>What comes next.</summary>
    public JsonCallPart Part { get; set; } = bracket == '{' ? JsonCallPart.Key : JsonCallPart.Element;

    /// <summary>The last key, empty if it is none of a call.</summary>
    public string Key { get; set; } = string.Empty;

    /// <summary>The function's name.</summary>
    public string? Name { get; set; }

    /// <summary>Whether the arguments are there.</summary>
    public bool HasArguments { get; private set; }

    /// <summary>Whether calls stand inside it: it is a wrapper.</summary>
    public bool HasCalls { get; set; }

    /// <summary>Whether it is a call or a wrapper whatever other keys it has.</summary>
    public bool IsBeyondDoubt => HasCalls || (HasArguments && Name is not null);

    /// <summary>The key of a call, or empty.</summary>
    public static string KnownKey(ReadOnlySpan<char> text)
    {
        foreach (var key in Keys)
            if (text.SequenceEqual(key)) return key;
        return string.Empty;
    }

    /// <summary>Whether a key of a call begins so.</summary>
    public static bool IsKeyPrefix(ReadOnlySpan<char> text)
    {
        foreach (var key in Keys)
            if (key.StartsWith(text, StringComparison.Ordinal)) return true;
        return false;
    }

    /// <summary>Whether a bracket opens what may hold calls.</summary>
    public bool Opens(char next) => Part == JsonCallPart.Value && ((next == '{' && Key == FunctionKey) || (next == '[' && Key == CallsKey));

    /// <summary>A value is complete.</summary>
    public void EndValue()
    {
        HasArguments |= Part == JsonCallPart.Value && Key is "parameters" or "arguments" or "args";
        Part = JsonCallPart.AfterValue;
    }
}

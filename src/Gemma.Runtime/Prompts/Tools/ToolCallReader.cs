using System.Globalization;
using System.Text.Json;
using Gemma.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Reads calls out of complete texts, in JSON, in Python's notation, or in that of FunctionGemma and Gemma 4. A call whose arguments cannot be read is still a
/// call, with <see cref="FunctionCallContent.Exception"/> set.
/// </summary>
/// <param name="names">The offered functions.</param>
/// <param name="allowsUnknown">Whether a call may name a function that was not offered: the caller then tells the model that there is none.</param>
internal sealed class ToolCallReader(ToolNames names, bool allowsUnknown)
{
    /// <summary>The module that Gemini's samples call functions through; models trained on them write it too.</summary>
    public const string ApiPrefix = "default_api.";

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Whether a call may name a function that was not offered.</summary>
    public bool AllowsUnknown => allowsUnknown;

    /// <summary>A call of an offered function whose text cannot be read.</summary>
    /// <remarks>The text is its <see cref="AIContent.RawRepresentation"/>.</remarks>
    public static FunctionCallContent Malformed(string name, string text)
    {
        var call = FunctionCallContent.CreateFromParsedArguments(text, NewId(), name,
            static raw => throw new FormatException($"The arguments of the call cannot be read: {raw}"));
        call.RawRepresentation = text;
        return call;
    }

    /// <summary>The offered function that a name in code means, or null.</summary>
    public string? OfferedName(string name)
    {
        if (names.Contains(name)) return name;
        var bare = name.StartsWith(ApiPrefix, StringComparison.Ordinal) ? name[ApiPrefix.Length..] : name;
        return names.Contains(bare) ? bare : null;
    }

    /// <summary>Reads one object with <c>name</c> and <c>parameters</c>, <c>arguments</c> or <c>args</c>; null if it is no call.</summary>
    /// <param name="text">The object's text.</param>
    /// <param name="allowUnknown">Whether the name of a function that was not offered is a call too; it must then have arguments.</param>
    public FunctionCallContent? ReadObject(string text, bool allowUnknown)
    {
        if (Parse(text) is not { ValueKind: JsonValueKind.Object } json)
            return LooseName(text) is { } name && names.Contains(name) ? Malformed(name, text) : null;
        if (!json.TryGetProperty("name", out var nameValue) || nameValue.ValueKind != JsonValueKind.String) return null;
        var function = nameValue.GetString()!;
        var arguments = default(JsonElement);
        foreach (var key in (ReadOnlySpan<string>)["parameters", "arguments", "args"])
            if (arguments.ValueKind == JsonValueKind.Undefined && json.TryGetProperty(key, out var value)) arguments = value;
        var isWhole = arguments.ValueKind == JsonValueKind.Object || (arguments.ValueKind == JsonValueKind.String && arguments.GetString()!.StartsWith('{'));
        if (!names.Contains(function) && (!allowUnknown || !isWhole)) return null;
        return FunctionCallContent.CreateFromParsedArguments(arguments, NewId(), function, Arguments);
    }

    /// <summary>Reads a block of calls in Python's notation; empty if it is other code.</summary>
    /// <param name="text">The block.</param>
    /// <param name="keepMalformed">Whether a call of an offered function that cannot be read is a call with an exception; if not, it is text.</param>
    public IReadOnlyList<FunctionCallContent> ReadPython(string text, bool keepMalformed)
    {
        var python = new PythonReader(text);
        List<FunctionCallContent> calls = [];
        while (python.SkipToStatement())
        {
            if (!python.TryReadCallName(out var name) || (!allowsUnknown && OfferedName(name) is null)) return [];
            var start = python.Position;
            try
            {
                var (positional, named) = python.ReadArguments();
                calls.Add(Create(name, positional, named, text[start..python.Position]));
            }
            catch (FormatException) when (OfferedName(name) is not null && keepMalformed)
            {
                python.SkipLine();
                calls.Add(Malformed(OfferedName(name)!, text[start..python.Position].TrimEnd()));
            }
            catch (FormatException)
            {
                return [];
            }

            if (!python.SkipStatementEnd()) return [];
        }

        return calls;
    }

    /// <summary>Reads a call in FunctionGemma's and Gemma 4's notation, <c>NAME{key:value,…}</c>; empty if it is none.</summary>
    /// <param name="text">What stands after <c>call:</c>.</param>
    /// <param name="quote">The mark around texts.</param>
    /// <param name="isWhole">Whether the call's end was seen; if not, it is a call with an exception, unless nothing is missing.</param>
    public IReadOnlyList<FunctionCallContent> ReadNotation(string text, string quote, bool isWhole)
    {
        var brace = text.IndexOf('{', StringComparison.Ordinal);
        var name = (brace < 0 ? text : text[..brace]).Trim();
        if (brace < 0 && name.EndsWith("()", StringComparison.Ordinal)) name = name[..^2];
        if (name.Length == 0 || (!allowsUnknown && OfferedName(name) is null)) return [];
        var function = OfferedName(name) ?? name;
        if (brace < 0) return isWhole ? [new FunctionCallContent(NewId(), function, new Dictionary<string, object?>())] : [Malformed(function, text)];
        try
        {
            var arguments = new Dictionary<string, object?>();
            foreach (var argument in new NotationReader(text[brace..], quote, isCut: !isWhole).Read(names.Schema(function)).EnumerateObject())
                arguments[argument.Name] = argument.Value.ValueKind == JsonValueKind.Null ? null : argument.Value;
            return [new FunctionCallContent(NewId(), function, arguments)];
        }
        catch (FormatException)
        {
            return [Malformed(function, text[brace..])];
        }
    }

    private static string NewId() => string.Create(CultureInfo.InvariantCulture, $"call_{Guid.NewGuid():N}");

    private static JsonElement? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(LoneSurrogates.ReplaceInJson(text), Lenient);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Not JSON, but perhaps Python's notation of it.
        }

        try
        {
            return new PythonReader(text).ReadWhole();
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // The name in an object that is neither JSON nor Python.
    private static string? LooseName(string text)
    {
        var key = text.IndexOf("name", StringComparison.Ordinal);
        var colon = key < 0 ? -1 : text.IndexOf(':', key);
        var open = colon < 0 ? -1 : text.AsSpan(colon).IndexOfAny('"', '\'') + colon;
        if (open <= colon) return null;
        var close = text.IndexOf(text[open], open + 1);
        return close < 0 ? null : text[(open + 1)..close];
    }

    private static Dictionary<string, object?>? Arguments(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return [];

        // The arguments as a string of JSON: the habit of models that learned OpenAI's form.
        var json = value.ValueKind == JsonValueKind.String ? JsonElement.Parse(LoneSurrogates.ReplaceInJson(value.GetString()!)) : value;
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException($"The arguments must be an object, not {json.GetRawText()}.");
        var arguments = new Dictionary<string, object?>();
        foreach (var property in json.EnumerateObject()) arguments[property.Name] = property.Value.ValueKind == JsonValueKind.Null ? null : property.Value;
        return arguments;
    }

    private FunctionCallContent Create(string name, IReadOnlyList<JsonElement> positional, Dictionary<string, object?> named, string text)
    {
        var function = OfferedName(name) ?? (name.StartsWith(ApiPrefix, StringComparison.Ordinal) ? name[ApiPrefix.Length..] : name);
        var parameters = names.Parameters(function);
        for (var i = 0; i < positional.Count; i++)
        {
            // By position an argument belongs to the parameter declared there.
            if (i >= parameters.Count || !named.TryAdd(parameters[i], positional[i].ValueKind == JsonValueKind.Null ? null : positional[i]))
                return Malformed(function, text);
        }

        return new FunctionCallContent(NewId(), function, named);
    }
}

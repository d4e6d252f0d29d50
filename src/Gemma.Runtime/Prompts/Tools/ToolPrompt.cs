using System.Buffers;
using System.Text;
using System.Text.Json;
using Gemma.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// The text forms of functions, calls and results. Gemma has no tokens for tools: functions are announced in the first user turn in the words of Google's guide
/// to function calling with Gemma (JSON variant), a call is the model's whole reply, a result is the next user turn.
/// </summary>
internal static class ToolPrompt
{
    private const string Header =
        """
        You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of
        {"name": function name, "parameters": dictionary of argument name and its value}

        You SHOULD NOT include any other text in the response if you call a function

        """;

    private static readonly JsonWriterOptions Compact = new() { Encoder = PlainJsonEncoder.Instance };

    /// <summary>The announcement of the functions, which ends with a blank line: the user's text follows.</summary>
    public static string Declare(IEnumerable<AIFunctionDeclaration> functions) => $"{Header.ReplaceLineEndings("\n")}{DeclareJson(functions)}\n\n";

    /// <summary>The functions as a JSON array.</summary>
    public static string DeclareJson(IEnumerable<AIFunctionDeclaration> functions)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Compact))
        {
            writer.WriteStartArray();
            foreach (var function in functions) WriteFunction(writer, function);
            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    /// <summary>Writes a function: name, description and parameters.</summary>
    public static void WriteFunction(Utf8JsonWriter writer, AIFunctionDeclaration function)
    {
        writer.WriteStartObject();
        writer.WriteString("name", function.Name);
        writer.WriteString("description", function.Description);
        writer.WritePropertyName("parameters");
        ToolSchema.WriteParameters(writer, function.JsonSchema.ValueKind == JsonValueKind.Undefined ? default : LoneSurrogates.Replace(function.JsonSchema));
        writer.WriteEndObject();
    }

    /// <summary>A call as the model writes it.</summary>
    /// <exception cref="ArgumentException">An argument is a value that JSON cannot hold.</exception>
    public static string Call(FunctionCallContent call, CallForm? form = null)
    {
        form ??= CallForm.Gemma;
        var text = new StringBuilder(form.Before);
        SpacedJson.AppendString(text, call.Name);
        text.Append(form.Between);
        var separator = "{";
        foreach (var (name, value) in Arguments(call))
        {
            SpacedJson.AppendString(text.Append(separator), name);
            SpacedJson.Append(text.Append(": "), value);
            separator = ", ";
        }

        return text.Append(separator == "{" ? "{}" : "}").Append(form.After).ToString();
    }

    /// <summary>A call's arguments as JSON.</summary>
    /// <exception cref="ArgumentException">An argument is a value that JSON cannot hold.</exception>
    public static IEnumerable<(string Name, JsonElement Value)> Arguments(FunctionCallContent call)
    {
        foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            if (!ToolValue.TryToJson(value, out var json, out var problem))
                throw new ArgumentException($"The argument '{name}' of the call of '{call.Name}' cannot be written as JSON: {problem.Message}", problem);
            yield return (name, json);
        }
    }

    /// <summary>The user turn with the results of one or more calls, one JSON object a line.</summary>
    public static string Results(IEnumerable<(string Name, FunctionResultContent Result)> results) =>
        "Function result:\n" + string.Join('\n', results.Select(result => Result(result.Name, result.Result)));

    /// <summary>One result as a JSON object.</summary>
    public static string Result(string name, FunctionResultContent result)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Compact))
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);

            // Who invoked the function decides what the model may read of a failure; the exception's own text is for want of that.
            if (result is { Exception: { } exception, Result: null })
            {
                writer.WriteString("error", exception.Message);
            }
            else if (ToolValue.TryToJson(result.Result, out var value, out _))
            {
                writer.WritePropertyName(result.Exception is null ? "result" : "error");
                value.WriteTo(writer);
            }
            else
            {
                writer.WriteString("error", ToolValue.Unwritable);
            }
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}

using System.Text;
using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Schemas;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Rules of function calls as the model writes them.</summary>
/// <param name="builder">Makes the states.</param>
/// <param name="functions">The functions that may be called.</param>
/// <param name="form">What stands around name and arguments.</param>
/// <param name="onIgnored">Is told of each keyword that cannot be enforced and is left out; if null, such a keyword is an error.</param>
internal sealed class CallGrammar(GrammarBuilder builder, IReadOnlyList<AIFunctionDeclaration> functions, CallForm form, Action<string>? onIgnored)
{
    private static readonly JsonElement NoParameters = JsonElement.Parse("{\"type\":\"object\",\"properties\":{}}");
    private readonly List<(AIFunctionDeclaration Function, GrammarRule Rule)> _arguments = [];

    /// <summary>One call of any of the functions.</summary>
    public GrammarRule One()
    {
        var json = new JsonGrammar(builder, Notation());
        return builder.OneOf([.. functions.Select(function => Call(function, json))]);
    }

    /// <summary>One call or several, each on a line of its own.</summary>
    public GrammarRule Several()
    {
        var (start, end) = (builder.State(), builder.State(isFinal: true));
        var one = One();
        start.AddCall(one, end);
        builder.Literal(end, ReplyMarks.Bytes(form.Separator)).AddCall(one, end);
        return new GrammarRule(start, isContainer: false);
    }

    /// <summary>Text of any kind; but in an object that begins with the name of a function, the function's arguments must follow.</summary>
    public GrammarRule WithinText()
    {
        if (form.Syntax != CallSyntax.Json) return WithinText(new JsonGrammar(builder, Notation()));
        var json = new JsonGrammar(builder, ValueNotation.Json);
        var named = functions.Select(function => (Encoding.UTF8.GetBytes(JsonText.Of(function.Name))[1..], Tail(function, json))).ToList();
        return new GrammarRule(new CallTrigger(builder, named).Start, isContainer: false);
    }

    /// <summary>Checks the functions' schemas once the grammar is complete.</summary>
    /// <exception cref="GemmaSchemaException">No arguments follow a function's schema.</exception>
    public void Check()
    {
        foreach (var (function, rule) in _arguments)
            if (rule.Cost >= ICharacterAutomaton.Impossible)
                throw Refused(function, new GemmaSchemaException("The JSON schema contradicts itself: no JSON follows it."));
    }

    private static GemmaSchemaException Refused(AIFunctionDeclaration function, GemmaSchemaException cause) =>
        new($"The parameters of the function '{function.Name}' cannot be followed. {cause.Message}", cause);

    private static bool NeedsArguments(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
            && schema.TryGetProperty("required", out var required)
            && required.ValueKind == JsonValueKind.Array
            && required.GetArrayLength() > 0;

    private byte[] Name(AIFunctionDeclaration function) => Encoding.UTF8.GetBytes(form.Syntax == CallSyntax.Json ? JsonText.Of(function.Name) : function.Name);

    private ValueNotation Notation() => form.Syntax switch
    {
        CallSyntax.Python => ValueNotation.Python,
        CallSyntax.Notation => ValueNotation.Marked(ReplyMarks.Bytes(form.Quote)),
        _ => ValueNotation.Call,
    };

    // After what opens a call and the name of a function the bracket of the arguments decides.
    private GrammarRule WithinText(JsonGrammar json)
    {
        var text = new TextSearch(builder, mayEnd: true);
        var after = builder.State();
        var isPython = form.Syntax == CallSyntax.Python;
        var next = isPython ? builder.Literal(after, ", "u8) : null;
        foreach (var function in functions)
        {
            var arguments = Arguments(function, json);
            text.Add([.. ReplyMarks.Bytes(form.Before), .. Name(function)]).AddCall(arguments, after);
            if (next is not null) builder.Literal(next, Name(function)).AddCall(arguments, after);
        }

        text.Complete((byte)(isPython ? '(' : '{'));
        builder.Literal(after, ReplyMarks.Bytes(form.After)).AddEmpty(text.Start);
        return new GrammarRule(text.Start, isContainer: false);
    }

    private GrammarRule Call(AIFunctionDeclaration function, JsonGrammar json)
    {
        var start = builder.State();
        var arguments = builder.Literal(start, [.. ReplyMarks.Bytes(form.Before), .. Name(function), .. ReplyMarks.Bytes(form.Between)]);
        var close = builder.Call(arguments, Arguments(function, json));
        builder.Literal(close, ReplyMarks.Bytes(form.After)).IsFinal = true;
        return new GrammarRule(start, isContainer: true);
    }

    // What follows the function's name.
    private GrammarRule Tail(AIFunctionDeclaration function, JsonGrammar json)
    {
        var (start, value, end) = (builder.State(), builder.State(), builder.State(isFinal: true));
        var key = json.Space(builder.Byte(json.Space(start), (byte)','));
        foreach (var name in (ReadOnlySpan<string>)["parameters", "arguments", "args"])
            json.Space(builder.Literal(key, [(byte)'"', .. Encoding.UTF8.GetBytes(name), (byte)'"', (byte)':'])).AddEmpty(value);
        json.Space(builder.Call(value, Arguments(function, json))).AddByte((byte)'}', (byte)'}', end);
        if (!NeedsArguments(function.JsonSchema)) start.AddByte((byte)'}', (byte)'}', end);
        return new GrammarRule(start, isContainer: false);
    }

    private GrammarRule Arguments(AIFunctionDeclaration function, JsonGrammar json)
    {
        try
        {
            var schema = function.JsonSchema.ValueKind == JsonValueKind.Undefined ? NoParameters : LoneSurrogates.Replace(function.JsonSchema);
            var rule = new SchemaCompiler(new SchemaDocument(schema, builder.Budget, onIgnored), json).CompileArguments();
            _arguments.Add((function, rule));
            return rule;
        }
        catch (GemmaSchemaException e)
        {
            throw Refused(function, e);
        }
    }
}

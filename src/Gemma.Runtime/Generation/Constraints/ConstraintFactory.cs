using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// Makes the grammars of one model. The vocabulary is arranged and each grammar compiled on first use, which takes up to seconds, then kept. Thread-safe.
/// </summary>
/// <param name="tokens">Reads the tokenizer's pieces.</param>
internal sealed class ConstraintFactory(Func<ITokenBytes> tokens)
{
    private const int MaxGrammars = 64;
    private readonly Lazy<TokenVocabulary> _vocabulary = new(() => new TokenVocabulary(tokens()));
    private readonly Dictionary<string, TokenGrammar> _grammars = [];
    private readonly Lock _gate = new();

    /// <summary>Any JSON object or array; or the call of a function, if some are offered.</summary>
    public TokenGrammar Json(IReadOnlyList<AIFunctionDeclaration>? functions = null) => Get("json", functions ?? [], static (builder, calls) =>
    {
        var json = new JsonGrammar(builder, isSpaced: false);
        return builder.OneOf([calls.One(), json.AnyObject, json.Array([], json.Value, 0, GrammarBuilder.Unlimited)]);
    });

    /// <summary>JSON that follows a schema; or the call of a function, if some are offered.</summary>
    /// <exception cref="GemmaSchemaException">The schema cannot be followed.</exception>
    public TokenGrammar JsonSchema(JsonElement schema, IReadOnlyList<AIFunctionDeclaration>? functions = null) =>
        Get($"schema {RawText(schema)}", functions ?? [], (builder, calls) => builder.OneOf([calls.One(), new JsonSchemaCompiler(schema, builder, new JsonGrammar(builder, isSpaced: false)).Compile()]));

    /// <summary>The call of a function in the model's own form, with arguments that follow the function's schema.</summary>
    /// <param name="functions">The functions offered.</param>
    /// <param name="requiredName">The one to call, or null for any of them.</param>
    /// <param name="allowMultiple">Whether more calls may follow the first.</param>
    /// <exception cref="GemmaSchemaException">No function can be called: none is offered (of that name), or a schema cannot be followed.</exception>
    public TokenGrammar ToolCall(IEnumerable<AIFunctionDeclaration> functions, string? requiredName = null, bool allowMultiple = false)
    {
        List<AIFunctionDeclaration> callable = [.. functions.Where(function => requiredName is null || function.Name == requiredName)];
        if (callable.Count == 0) throw new GemmaSchemaException(requiredName is null ? "A function call is required, but ChatOptions.Tools offers no function." : $"A call of '{requiredName}' is required, but ChatOptions.Tools offers no function of that name.");
        return allowMultiple
            ? Get("calls", callable, static (_, calls) => calls.Several())
            : Get("call", callable, static (_, calls) => calls.One());
    }

    /// <summary>Any text; but once the call of an offered function has begun, its arguments follow the function's schema.</summary>
    /// <exception cref="GemmaSchemaException">A schema cannot be followed.</exception>
    public TokenGrammar TextWithCalls(IReadOnlyList<AIFunctionDeclaration> functions) => Get("text", functions, static (_, calls) => calls.WithinText());

    private static string RawText(JsonElement schema) => schema.ValueKind == JsonValueKind.Undefined ? string.Empty : schema.GetRawText();

    private TokenGrammar Get(string kind, IReadOnlyList<AIFunctionDeclaration> functions, Func<GrammarBuilder, CallGrammar, GrammarRule> compile)
    {
        var key = new StringBuilder(kind);
        foreach (var function in functions) key.Append('\n').Append(function.Name).Append(' ').Append(RawText(function.JsonSchema));
        lock (_gate)
        {
            if (_grammars.TryGetValue(key.ToString(), out var known)) return known;
            var builder = new GrammarBuilder();
            var calls = new CallGrammar(builder, functions);
            var grammar = builder.Build(compile(builder, calls));
            calls.Check();
            if (!grammar.IsPossible) throw new GemmaSchemaException("The JSON schema contradicts itself: no JSON follows it.");
            if (_grammars.Count == MaxGrammars) _grammars.Clear();
            return _grammars[key.ToString()] = new TokenGrammar(new Automaton(grammar), _vocabulary.Value);
        }
    }
}

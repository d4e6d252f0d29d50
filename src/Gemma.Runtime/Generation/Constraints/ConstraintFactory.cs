using System.Text.Json;
using Gemma.Json;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Compilation;
using Gemma.Runtime.Generation.Constraints.Schemas;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// Makes the grammars of one model. The vocabulary is arranged and each grammar compiled on first use, which takes up to seconds, then kept. Thread-safe.
/// </summary>
/// <param name="tokens">Reads the tokenizer's pieces.</param>
internal sealed class ConstraintFactory(Func<ITokenBytes> tokens)
{
    private const long MaxCacheBytes = 128L << 20;
    private readonly Lazy<TokenVocabulary> _vocabulary = new(() => new TokenVocabulary(tokens()));
    private readonly GrammarCache _cache = new(MaxCacheBytes);

    /// <summary>How the model writes calls.</summary>
    public CallForm Form { get; init; } = CallForm.Gemma;

    /// <summary>What is around the model's thoughts, or null.</summary>
    public ThoughtMarks? Thoughts { get; init; }

    /// <summary>Any JSON object or array; or the call of a function, if some are offered.</summary>
    public TokenGrammar Json(IReadOnlyList<AIFunctionDeclaration>? functions = null, ThoughtPlace thought = ThoughtPlace.Nowhere,
        CancellationToken cancellationToken = default) =>
        Get("json", default, functions ?? [], null, thought, cancellationToken);

    /// <summary>JSON that follows a schema; or the call of a function, if some are offered.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="functions">The functions that may be called instead.</param>
    /// <param name="onIgnored">Is told of each keyword that cannot be enforced and is left out; if null, such a keyword is an error.</param>
    /// <param name="thought">Whether a thought comes first.</param>
    /// <param name="cancellationToken">Ends the compilation.</param>
    /// <exception cref="GemmaSchemaException">The schema cannot be followed.</exception>
    public TokenGrammar JsonSchema(
        JsonElement schema,
        IReadOnlyList<AIFunctionDeclaration>? functions = null,
        Action<string>? onIgnored = null,
        ThoughtPlace thought = ThoughtPlace.Nowhere,
        CancellationToken cancellationToken = default)
    {
        EnsureReadable(schema);
        return Get("schema", schema, functions ?? [], onIgnored, thought, cancellationToken);
    }

    /// <summary>The call of a function in the model's own form, with arguments that follow the function's schema.</summary>
    /// <param name="functions">The functions offered.</param>
    /// <param name="requiredName">The one to call, or null for any of them.</param>
    /// <param name="allowMultiple">Whether more calls may follow the first.</param>
    /// <param name="onIgnored">Is told of each keyword that cannot be enforced and is left out; if null, such a keyword is an error.</param>
    /// <param name="thought">Whether a thought comes first.</param>
    /// <param name="cancellationToken">Ends the compilation.</param>
    /// <exception cref="GemmaSchemaException">No function can be called: none is offered (of that name), or a schema cannot be followed.</exception>
    public TokenGrammar ToolCall(
        IEnumerable<AIFunctionDeclaration> functions,
        string? requiredName = null,
        bool allowMultiple = false,
        Action<string>? onIgnored = null,
        ThoughtPlace thought = ThoughtPlace.Nowhere,
        CancellationToken cancellationToken = default)
    {
        List<AIFunctionDeclaration> callable = [.. functions.Where(function => requiredName is null || function.Name == requiredName)];
        if (callable.Count == 0)
        {
            throw new GemmaSchemaException(requiredName is null
                ? "A function call is required, but ChatOptions.Tools offers no function."
                : $"A call of '{requiredName}' is required, but ChatOptions.Tools offers no function of that name.");
        }
        return Get(allowMultiple ? "calls" : "call", default, callable, onIgnored, thought, cancellationToken);
    }

    /// <summary>Any text; but once the call of an offered function has begun, its arguments follow the function's schema.</summary>
    /// <exception cref="GemmaSchemaException">A schema cannot be followed.</exception>
    public TokenGrammar TextWithCalls(IReadOnlyList<AIFunctionDeclaration> functions, Action<string>? onIgnored = null,
        CancellationToken cancellationToken = default) => Get("text", default, functions, onIgnored, ThoughtPlace.Nowhere, cancellationToken);

    private static void EnsureReadable(JsonElement schema)
    {
        try
        {
            WellFormedJson.Check(schema);
        }
        catch (JsonException e)
        {
            throw new GemmaSchemaException($"The JSON schema cannot be read: {e.Message}.", e);
        }
    }

    private static GrammarRule Root(string kind, JsonElement schema, GrammarBuilder builder, CallGrammar calls, Action<string>? onIgnored)
    {
        var json = new JsonGrammar(builder, ValueNotation.Json);
        return kind switch
        {
            "call" => calls.One(),
            "calls" => calls.Several(),
            "text" => calls.WithinText(),
            "json" => builder.OneOf(calls.One(), json.AnyObject, json.AnyArray),
            _ => builder.OneOf(calls.One(), new SchemaCompiler(new SchemaDocument(schema, builder.Budget, onIgnored), json).Compile()),
        };
    }

    private TokenGrammar Get(string kind, JsonElement schema, IReadOnlyList<AIFunctionDeclaration> functions, Action<string>? onIgnored, ThoughtPlace thought,
        CancellationToken cancellationToken)
    {
        CompilationBudget.CheckSize([schema, .. functions.Select(function => function.JsonSchema)]);
        return _cache.Get(GrammarKey.Of($"{kind} {thought}{(onIgnored is null ? string.Empty : " ignoring")}", schema, functions), () =>
        {
            var vocabulary = _vocabulary.Value;
            var builder = new GrammarBuilder(new CompilationBudget(cancellationToken));
            var calls = new CallGrammar(builder, functions, Form, onIgnored);
            var grammar = builder.Build(ThoughtGrammar.Before(builder, Thoughts, thought, Root(kind, schema, builder, calls, onIgnored)));
            calls.Check();
            grammar.Check();
            return new TokenGrammar(grammar, vocabulary);
        });
    }
}

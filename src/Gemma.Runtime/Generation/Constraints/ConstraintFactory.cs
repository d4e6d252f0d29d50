using System.Text;
using System.Text.Json;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// Makes the constraints of one model. The vocabulary is arranged and each grammar compiled on first use, then kept. Thread-safe. If a constraint is given the number of tokens left, its text is complete within
/// them whenever that is possible; without it a limit on the output may cut the text off.
/// </summary>
/// <param name="tokens">The tokenizer's pieces.</param>
/// <param name="stopIds">The ids that end a reply.</param>
internal sealed class ConstraintFactory(ITokenBytes tokens, IReadOnlyCollection<int> stopIds)
{
    private const int MaxGrammars = 64;
    private readonly Lazy<TokenVocabulary> _vocabulary = new(() => new TokenVocabulary(tokens));
    private readonly Dictionary<string, TokenGrammar> _grammars = [];
    private readonly Lock _gate = new();

    /// <summary>Any JSON object or array.</summary>
    public ITokenConstraint CreateJson(int? maxTokens = null) => Create("json", maxTokens, static builder =>
    {
        var json = new JsonGrammar(builder, isSpaced: false);
        return builder.OneOf([json.AnyObject, json.Array([], json.Value, 0, GrammarBuilder.Unlimited)]);
    });

    /// <summary>JSON that follows a schema.</summary>
    /// <exception cref="GemmaSchemaException">The schema cannot be followed.</exception>
    public ITokenConstraint CreateJsonSchema(JsonElement schema, int? maxTokens = null) =>
        Create($"schema {schema.GetRawText()}", maxTokens, builder => new JsonSchemaCompiler(schema, builder, new JsonGrammar(builder, isSpaced: false)).Compile());

    /// <summary>The call of a function in the model's own form, with arguments that follow the function's schema.</summary>
    /// <param name="functions">The functions offered.</param>
    /// <param name="requiredName">The one to call, or null for any of them.</param>
    /// <param name="maxTokens">The tokens left.</param>
    /// <exception cref="GemmaSchemaException">No function can be called: none is offered (of that name), or a schema cannot be followed.</exception>
    public ITokenConstraint CreateToolCall(IEnumerable<AIFunctionDeclaration> functions, string? requiredName = null, int? maxTokens = null)
    {
        List<AIFunctionDeclaration> callable = [.. functions.Where(function => requiredName is null || function.Name == requiredName)];
        if (callable.Count == 0) throw new GemmaSchemaException(requiredName is null ? "A function call is required, but ChatOptions.Tools offers no function." : $"A call of '{requiredName}' is required, but ChatOptions.Tools offers no function of that name.");
        var key = new StringBuilder("call");
        foreach (var function in callable) key.Append(' ').Append(function.Name).Append(' ').Append(RawText(function.JsonSchema));
        return Create(key.ToString(), maxTokens, builder =>
        {
            var json = new JsonGrammar(builder, isSpaced: true);
            return builder.OneOf(callable.Select(function => Call(builder, json, function)).ToList());
        });
    }

    private static GrammarRule Call(GrammarBuilder builder, JsonGrammar json, AIFunctionDeclaration function)
    {
        var text = new StringBuilder("{\"name\": ");
        SpacedJson.AppendString(text, function.Name);
        var start = builder.State();
        var arguments = builder.Literal(start, Encoding.UTF8.GetBytes(text.Append(", \"parameters\": ").ToString()));
        var schema = function.JsonSchema.ValueKind == JsonValueKind.Undefined ? JsonElement.Parse("{\"type\":\"object\",\"properties\":{}}") : function.JsonSchema;
        var close = builder.Call(arguments, new JsonSchemaCompiler(schema, builder, json).Compile());
        close.Bytes.Add(((byte)'}', (byte)'}', builder.State(isFinal: true)));
        return new GrammarRule(start, isContainer: true);
    }

    private static string RawText(JsonElement schema) => schema.ValueKind == JsonValueKind.Undefined ? string.Empty : schema.GetRawText();

    private TokenConstraint Create(string key, int? maxTokens, Func<GrammarBuilder, GrammarRule> compile)
    {
        TokenGrammar? grammar;
        lock (_gate)
        {
            if (!_grammars.TryGetValue(key, out grammar))
            {
                var builder = new GrammarBuilder();
                var compiled = builder.Build(compile(builder));
                if (!compiled.IsPossible) throw new GemmaSchemaException("The JSON schema contradicts itself: no JSON follows it.");
                if (_grammars.Count == MaxGrammars) _grammars.Clear();
                _grammars[key] = grammar = new TokenGrammar(new Automaton(compiled), _vocabulary.Value);
            }
        }

        return new TokenConstraint(grammar, stopIds, maxTokens);
    }
}

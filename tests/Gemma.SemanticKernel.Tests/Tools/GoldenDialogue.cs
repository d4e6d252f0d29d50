using System.Text.Json;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>
/// A tool conversation of tiny-gemma's goldens as an application sees it: questions, the calls they lead to, what the functions return, and the answers.
/// </summary>
internal sealed class GoldenDialogue
{
    private const string ResultHeader = "Function result:\n";
    private readonly JsonElement _last;

    /// <summary>Reads the conversation up to the answer of one golden.</summary>
    public GoldenDialogue(string id)
    {
        _last = TinyGemmaGoldens.Conversation(id);
        var lines = _last.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString()!)
            .Append(_last.GetProperty("expected_text").GetString()!).ToList();
        for (var i = 0; i < lines.Count; i += 2)
        {
            var question = i == 0 ? lines[0][(lines[0].LastIndexOf("]\n\n", StringComparison.Ordinal) + 3)..] : lines[i];
            if (!lines[i + 1].StartsWith("{\"name\"", StringComparison.Ordinal))
            {
                Exchanges.Add(new Exchange(question, null, null, lines[i + 1]));
                continue;
            }

            var result = JsonElement.Parse(lines[i + 2][ResultHeader.Length..]).GetProperty("result");
            Exchanges.Add(new Exchange(question, lines[i + 1], result, lines[i + 3]));
            i += 2;
        }

        var first = lines[0].IndexOf("You have access", StringComparison.Ordinal);
        if (first > 0) System = lines[0][..(first - 2)];
    }

    public string? System { get; }

    public List<Exchange> Exchanges { get; } = [];

    /// <summary>The functions that the golden announces; they answer as the golden says and note how they were called.</summary>
    public List<AIFunction> Functions(List<string> calls)
    {
        var line = _last.GetProperty("messages")[0].GetProperty("content").GetString()!.Split('\n').Single(text => text.StartsWith('['));
        return [.. JsonElement.Parse(line).EnumerateArray().Select(function => new Function(this, function, calls))];
    }

    internal sealed record Exchange(string Question, string? Call, JsonElement? Result, string Answer);

    private sealed class Function(GoldenDialogue dialogue, JsonElement declaration, List<string> calls) : AIFunction
    {
        public override string Name => declaration.GetProperty("name").GetString()!;

        public override string Description => declaration.GetProperty("description").GetString()!;

        public override JsonElement JsonSchema => declaration.GetProperty("parameters");

        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            var call = $"{{\"name\": \"{Name}\", \"parameters\": "
                + $"{{{string.Join(", ", arguments.Select(argument => $"\"{argument.Key}\": {JsonSerializer.Serialize(argument.Value)}"))}}}}}";
            calls.Add(call);
            return ValueTask.FromResult<object?>(dialogue.Exchanges.First(exchange => exchange.Call == call).Result);
        }
    }
}

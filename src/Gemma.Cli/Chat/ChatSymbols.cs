using System.CommandLine;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Chat;

/// <summary>How a chat's answers are chosen.</summary>
internal sealed class ChatSymbols
{
    private readonly Option<string?> _system = new("--system") { Description = "A system text in front of the conversation." };
    private readonly Option<float?> _temperature = new("--temperature") { Description = "0 takes the most likely token; default: the model's." };
    private readonly Option<int?> _topK = new("--top-k") { Description = "Only this many most likely tokens are considered." };
    private readonly Option<float?> _topP = new("--top-p") { Description = "Only the most likely tokens with this probability together are considered." };
    private readonly Option<long?> _seed = new("--seed") { Description = "Makes sampling repeatable." };
    private readonly Option<int?> _maxTokens = new("--max-new-tokens") { Description = "The most tokens of an answer." };

    /// <summary>Adds them to a command.</summary>
    public ChatSymbols(Command command)
    {
        foreach (var option in (Option[])[_system, _temperature, _topK, _topP, _seed, _maxTokens]) command.Add(option);
    }

    /// <summary>What the command line asks for.</summary>
    public ChatOptions Options(ParseResult parsed) => new()
    {
        Instructions = parsed.GetValue(_system),
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        Seed = parsed.GetValue(_seed),
        MaxOutputTokens = parsed.GetValue(_maxTokens),
    };
}

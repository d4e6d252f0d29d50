using System.CommandLine;

namespace Gemma.Peers;

/// <summary>How much is measured, in the words of <c>gemma bench</c>.</summary>
internal sealed class PeerOptions
{
    private static readonly Option<int> PromptOption = new("--prompt-tokens") { Description = "Tokens of the prompt.", DefaultValueFactory = _ => 256 };
    private static readonly Option<int> TokensOption = new("--max-new-tokens")
    {
        Description = "Tokens generated per measurement.",
        DefaultValueFactory = _ => 32,
    };
    private static readonly Option<int> RepeatOption = new("--repeat") { Description = "Repetitions; medians are reported.", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> ConcurrencyOption = new("--concurrency")
    {
        Description = "The most sequences in one batch.",
        DefaultValueFactory = _ => 8,
    };
    private static readonly Option<int> TextsOption = new("--texts")
    {
        Description = "Texts of 32 to 256 tokens, for embedders.",
        DefaultValueFactory = _ => 64,
    };
    private static readonly Option<int> ThreadsOption = new("--threads") { Description = "Threads; 0: the peer's choice." };

    /// <summary>Reads a command line.</summary>
    public PeerOptions(ParseResult parsed)
    {
        PromptTokens = parsed.GetValue(PromptOption);
        NewTokens = parsed.GetValue(TokensOption);
        Repetitions = parsed.GetValue(RepeatOption);
        Concurrency = parsed.GetValue(ConcurrencyOption);
        Texts = parsed.GetValue(TextsOption);
        Threads = parsed.GetValue(ThreadsOption);
    }

    public int PromptTokens { get; }

    public int NewTokens { get; }

    public int Repetitions { get; }

    public int Concurrency { get; }

    public int Texts { get; }

    public int Threads { get; }

    /// <summary>Tokens of a text: those of <c>gemma bench --parts embed</c>.</summary>
    public static int TextLength(int text) => 32 + (text * 53 % 225);

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[PromptOption, TokensOption, RepeatOption, ConcurrencyOption, TextsOption, ThreadsOption]) command.Add(option);
    }
}

using System.CommandLine;

namespace Gemma.Peers;

/// <summary>How much is measured, in the words of <c>gemma bench</c>.</summary>
internal sealed class PeerOptions
{
    private static readonly Option<int> s_prompt = new("--prompt-tokens") { Description = "Tokens of the prompt.", DefaultValueFactory = _ => 256 };
    private static readonly Option<int> s_tokens = new("--max-new-tokens")
    {
        Description = "Tokens generated per measurement.",
        DefaultValueFactory = _ => 32,
    };
    private static readonly Option<int> s_repeat = new("--repeat") { Description = "Repetitions; medians are reported.", DefaultValueFactory = _ => 3 };
    private static readonly Option<int> s_concurrency = new("--concurrency")
    {
        Description = "The most sequences in one batch.",
        DefaultValueFactory = _ => 8,
    };
    private static readonly Option<int> s_texts = new("--texts") { Description = "Texts of 32 to 256 tokens, for embedders.", DefaultValueFactory = _ => 64 };
    private static readonly Option<int> s_threads = new("--threads") { Description = "Threads; 0: the peer's choice." };

    /// <summary>Reads a command line.</summary>
    public PeerOptions(ParseResult parsed)
    {
        PromptTokens = parsed.GetValue(s_prompt);
        NewTokens = parsed.GetValue(s_tokens);
        Repetitions = parsed.GetValue(s_repeat);
        Concurrency = parsed.GetValue(s_concurrency);
        Texts = parsed.GetValue(s_texts);
        Threads = parsed.GetValue(s_threads);
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
        foreach (var option in (Option[])[s_prompt, s_tokens, s_repeat, s_concurrency, s_texts, s_threads]) command.Add(option);
    }
}

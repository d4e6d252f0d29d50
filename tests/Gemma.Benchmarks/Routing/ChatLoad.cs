using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gemma.Benchmarks.Routing;

/// <summary>Chats of several turns, a few of them at the same time and in any order, as users write.</summary>
internal sealed class ChatLoad(HttpClient client, int chats, int turns, int concurrency)
{
    private const string System =
        "You are a friendly assistant of a shop for shoes. You answer in few words, you always tell the truth, and you never promise what the shop "
            + "cannot keep.";

    private readonly Lock _lock = new();
    private readonly Random _random = new(1);

    /// <summary>Prompt tokens, and those of them that a server remembered.</summary>
    public long PromptTokens { get; private set; }

    public long CachedTokens { get; private set; }

    public int Answers { get; private set; }

    /// <summary>Turns that another server answered than the one before, and those of the same server that had not all of the last prompt any more.</summary>
    public int Moved { get; private set; }

    public int Forgotten { get; private set; }

    /// <summary>Requests without answer, by what happened.</summary>
    public ConcurrentBag<string> Failures { get; } = [];

    /// <summary>Answers of each server, with the time they came.</summary>
    public ConcurrentBag<(string Server, long Time)> Served { get; } = [];

    /// <summary>Runs all chats.</summary>
    /// <param name="progress">Told how many answers there are.</param>
    /// <param name="cancellationToken">Stops them.</param>
    public async Task RunAsync(Action<int>? progress, CancellationToken cancellationToken)
    {
        var open = Enumerable.Range(0, chats).Select(chat => new Chat { Messages = { ("system", System), ("user", Question(chat, 0)) } }).ToList();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => UserAsync(open, progress, cancellationToken)));
    }

    // The next message of any chat that nobody writes in.
    private async Task UserAsync(List<Chat> open, Action<int>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            Chat chat;
            lock (_lock)
            {
                if (open.Count == 0) return;
                var index = _random.Next(open.Count);
                chat = open[index];
                open.RemoveAt(index);
            }

            var answer = await AskAsync(chat, cancellationToken);
            chat.Messages.Add(("assistant", answer ?? string.Empty));
            var turn = chat.Messages.Count / 2;
            if (turn < turns)
            {
                chat.Messages.Add(("user", Question(chat.Messages.Count, turn)));
                lock (_lock) open.Add(chat);
            }

            progress?.Invoke(Answers);
        }
    }

    private static string Question(int chat, int turn) =>
        $"Question {turn} of customer {chat}: which of your shoes are the best ones for walking {chat + turn} kilometres in the rain, and what do they cost?";

    private async Task<string?> AskAsync(Chat chat, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.PostAsJsonAsync("/v1/chat/completions", new
            {
                max_tokens = 16,
                messages = chat.Messages.Select(message => new { role = message.Role, content = message.Content })
            }, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                Failures.Add($"{(int)response.StatusCode} {text}");
                return null;
            }

            return Read(chat, text);
        }
        catch (HttpRequestException e)
        {
            Failures.Add(e.Message);
            return null;
        }
    }

    private string Read(Chat chat, string text)
    {
        using var document = JsonDocument.Parse(text);
        var usage = document.RootElement.GetProperty("usage");
        var server = document.RootElement.GetProperty("model").GetString()!;
        var prompt = usage.GetProperty("prompt_tokens").GetInt64();
        var cached = usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt64();
        Served.Add((server, Stopwatch.GetTimestamp()));
        lock (_lock)
        {
            Answers++;
            PromptTokens += prompt;
            CachedTokens += cached;
            if (chat.Server is { } last && last != server) Moved++;
            else if (cached < chat.PromptTokens) Forgotten++;
        }

        (chat.Server, chat.PromptTokens) = (server, prompt);
        return document.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    /// <summary>A chat, and who answered it last.</summary>
    private sealed class Chat
    {
        public List<(string Role, string Content)> Messages { get; } = [];

        public string? Server { get; set; }

        public long PromptTokens { get; set; }
    }
}

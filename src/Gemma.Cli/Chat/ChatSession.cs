using System.Diagnostics;
using System.Globalization;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Chat;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Chat;

/// <summary>A conversation, and what <c>gemma chat</c> does with it.</summary>
internal sealed class ChatSession(CommandConsole console, GemmaModel model, GemmaChatClient client, ChatOptions options, bool rendersMarkdown)
{
    private List<ChatMessage> _history = [];
    private UsageDetails? _usage;
    private TimeSpan _firstToken;
    private TimeSpan _duration;

    /// <summary>What is said before the user's turn: the model, and how much of its context is used.</summary>
    public string Prompt => string.Create(CultureInfo.InvariantCulture, $"{model.ModelId} {_usage?.TotalTokenCount ?? 0}/{model.ContextLength}> ");

    /// <summary>Answers a turn. One that is stopped stays in the conversation as far as it came.</summary>
    public async Task AnswerAsync(string text, CancellationToken cancellationToken)
    {
        _history.Add(new ChatMessage(ChatRole.User, text));
        List<ChatResponseUpdate> updates = [];
        var (start, output) = (Stopwatch.GetTimestamp(), new MarkdownWriter(console.Output, rendersMarkdown));
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(_history, options, cancellationToken))
            {
                if (update.Text.Length > 0 && updates.TrueForAll(earlier => earlier.Text.Length == 0)) _firstToken = Stopwatch.GetElapsedTime(start);
                output.Write(update.Text);
                await console.Output.FlushAsync(cancellationToken);
                updates.Add(update);
            }
        }
        finally
        {
            output.Complete();
            await console.Output.WriteLineAsync();
            await console.Output.FlushAsync(CancellationToken.None);
            _duration = Stopwatch.GetElapsedTime(start);
            if (updates.Exists(update => update.Text.Length > 0)) _history.AddMessages(updates);
            else _history.RemoveAt(_history.Count - 1);
            _usage = updates.SelectMany(update => update.Contents).OfType<UsageContent>().LastOrDefault()?.Details ?? _usage;
        }
    }

    /// <summary>Forgets the conversation.</summary>
    public void Clear() => (_history, _usage) = ([], null);

    /// <summary>Shows or changes the system text.</summary>
    public string System(string text)
    {
        if (text.Length > 0) options.Instructions = text is "none" ? null : text;
        return options.Instructions is { } system ? $"system: {system}" : "There is no system text.";
    }

    /// <summary>Shows or changes a setting.</summary>
    public string Set(string text)
    {
        var parts = text.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length > 0) ChatSettings.Set(options, parts[0], parts.ElementAtOrDefault(1) ?? string.Empty);
        return ChatSettings.Show(options);
    }

    /// <summary>What the last answer took.</summary>
    public string Stats()
    {
        if (_usage is not { } usage) return "There is no answer yet.";
        var decode = (_duration - _firstToken).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{usage.OutputTokenCount} tokens, {(decode > 0 && usage.OutputTokenCount > 1 ? (usage.OutputTokenCount - 1) / decode : 0):0.0} tokens/s, first "
                + $"token after {_firstToken.TotalSeconds:0.00} s; prompt {usage.InputTokenCount} tokens, {usage.CachedInputTokenCount ?? 0} of them cached; "
                + $"context {usage.TotalTokenCount} of {model.ContextLength}");
    }

    /// <summary>Writes the conversation to a file.</summary>
    public string Save(string path)
    {
        if (path.Length == 0) throw new UsageException("/save needs a file.");
        ChatFile.Save(path, options.Instructions, _history);
        return $"Saved {_history.Count} messages to {path}.";
    }

    /// <summary>Continues a conversation that was saved.</summary>
    public string Load(string path)
    {
        if (path.Length == 0) throw new UsageException("/load needs a file.");
        (options.Instructions, _history) = ChatFile.Load(path);
        _usage = null;
        return $"Loaded {_history.Count} messages from {path}.";
    }
}

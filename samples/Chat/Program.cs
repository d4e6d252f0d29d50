// Chats in the terminal through Microsoft.Extensions.AI.
//   dotnet run --project samples/Chat                      the tiny model of this repository
//   dotnet run --project samples/Chat -- /models/gemma-2b-it   a checkpoint or a model package
// Lines on standard input are the user's turns, so it works in a pipe too.
using Gemma.Runtime.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var model = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "models", "tiny-gemma-it");
var services = new ServiceCollection();
services.AddGemma(options =>
{
    options.ModelPath = model;
    if (args.Length == 0) options.Conversion.Precision = ModelPrecision.Fp32; // the tiny model is small enough
});
await using var provider = services.BuildServiceProvider();
var client = provider.GetRequiredService<IChatClient>();

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

var interactive = !Console.IsInputRedirected;
if (interactive) Console.WriteLine("Write a message; an empty line ends the chat.");
List<ChatMessage> history = [];
try
{
    while (true)
    {
        if (interactive) Console.Write("> ");
        var line = await Console.In.ReadLineAsync(stop.Token);
        if (line is null || (interactive && line.Length == 0)) break;
        if (line.Length == 0) continue;
        history.Add(new ChatMessage(ChatRole.User, line));
        List<ChatResponseUpdate> updates = [];
        await foreach (var update in client.GetStreamingResponseAsync(history, cancellationToken: stop.Token))
        {
            Console.Write(update.Text);
            updates.Add(update);
        }

        Console.WriteLine();
        history.AddMessages(updates);
    }
}
catch (OperationCanceledException)
{
    Console.WriteLine();
}
catch (Gemma.GemmaException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}

return 0;

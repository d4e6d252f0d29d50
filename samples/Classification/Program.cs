// Labels texts with three heads: sentiment is a model of its own, topics and reward share the chat model's weights.
//   dotnet run --project samples/Classification                  the reviews beside this file
//   dotnet run --project samples/Classification -- lines.txt     one text a line
using System.Globalization;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var models = Path.Combine(AppContext.BaseDirectory, "models");
var texts = await File.ReadAllLinesAsync(args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "reviews.txt"));

var services = new ServiceCollection();
services.AddGemma("chat", options =>
{
    options.ModelPath = Path.Combine(models, "tiny-gemma-it");
    options.Conversion.Precision = ModelPrecision.Fp32; // the tiny model is small enough
    options.Conversion.Heads = [Path.Combine(models, "topics"), Path.Combine(models, "reward")];
});
services.AddGemma("sentiment", options =>
{
    options.ModelPath = Path.Combine(models, "sentiment");
    options.Conversion.Precision = ModelPrecision.Fp32;
});
await using var provider = services.BuildServiceProvider();
var chat = provider.GetRequiredKeyedService<IChatClient>("chat");
var sentiment = provider.GetRequiredKeyedService<ISequenceClassifier>("sentiment");
var topics = provider.GetRequiredKeyedService<ISequenceClassifier>("chat/topics");
var reward = provider.GetRequiredKeyedService<ISequenceClassifier>("chat/reward");

try
{
    ClassificationInput[] inputs = [.. texts.Where(text => text.Length > 0).Select(ClassificationInput.FromText)];
    var moods = await sentiment.ClassifyAsync(inputs);
    var subjects = await topics.ClassifyAsync(inputs);
    Console.WriteLine($"{"sentiment",-10}{"score",-8}{"topics",-24}text");
    for (var i = 0; i < inputs.Length; i++)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{moods[i].Label,-10}{moods[i].Score,-8:0.000}{string.Join(", ", subjects[i].SelectedLabels),-24}{inputs[i].Text}"));
    }

    // A reward model judges answers: here the chat model's own against a rude one.
    ChatMessage question = new(ChatRole.User, "What is the capital of France?");
    var answer = await chat.GetResponseAsync([question]);
    ChatMessage[][] conversations = [[question, .. answer.Messages], [question, new(ChatRole.Assistant, "That is a stupid question.")]];
    var rewards = await reward.ClassifyAsync(conversations.Select(ClassificationInput.FromMessages));
    Console.WriteLine();
    Console.WriteLine($"{"reward",-10}answer");
    for (var i = 0; i < conversations.Length; i++)
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rewards[i].Score,-10:0.00}{conversations[i][^1].Text}"));
}
catch (Gemma.GemmaException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return 1;
}

return 0;

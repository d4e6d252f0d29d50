using Gemma.Runtime.Classification;
using Gemma.Runtime.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Docs;

/// <summary>The blocks of docs about classification and devices; compiled, not run.</summary>
internal static class ModelSnippets
{
    public static async Task ClassificationAsync(IServiceCollection services, IServiceProvider provider)
    {
        services.AddGemma("chat", options => options.ModelPath = "packages/chat");

        var topics = provider.GetRequiredKeyedService<ISequenceClassifier>("chat/topics"); // or "topics": a head of the first model
        var result = await topics.ClassifyAsync("My invoice is wrong.");
        Console.WriteLine($"{result.Label} {result["billing"]:0.00}");
    }

    public static void Gpu(IServiceCollection services)
    {
        services.AddGemma(o =>
        {
            o.ModelPath = "gemma-2b-it-int4";
            o.Engine.Device = GemmaDevice.Cuda; // Cpu (default), Cuda or Auto
            o.Engine.DeviceIndex = 0;
            o.Engine.ProviderOptions["gpu_mem_limit"] = "8589934592";
        });
    }

    public static void Hub(IServiceCollection services)
    {
        services.AddGemma("google/gemma-2b-it");

        services.AddGemma(options =>
        {
            options.ModelPath = "google/gemma-2b-it";
            options.ModelRevision = "<commit>";
            options.Hub.AllowDownload = true;
        });
    }
}

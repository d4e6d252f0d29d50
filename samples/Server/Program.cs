// An ASP.NET Core application of one's own with Gemma behind OpenAI's and Ollama's addresses, and the page at /.
//   dotnet run --project samples/Server                            the tiny model of this repository
//   dotnet run --project samples/Server -- /models/gemma-2b-it     a checkpoint or a model package
//   curl http://127.0.0.1:8484/v1/chat/completions -H 'Content-Type: application/json' -d '{"messages":[{"role":"user","content":"Hello!"}]}'
// The variable GEMMA_API_KEY sets a key, ASPNETCORE_URLS another address.
using Gemma.Runtime.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var folder = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "models", "tiny-gemma-it");
var builder = WebApplication.CreateSlimBuilder();
if (builder.Configuration["urls"] is null) builder.WebHost.UseUrls("http://127.0.0.1:8484");
var gemma = builder.Services.AddGemma("gemma", options =>
{
    options.ModelPath = folder;
    if (args.Length == 0) options.Conversion.Precision = ModelPrecision.Fp32; // the tiny model is small enough
});

// Middleware of the application applies to every route.
gemma.ChatClient.Use(static (messages, options, next, cancellationToken) =>
{
    options ??= new ChatOptions();
    options.MaxOutputTokens ??= 512;
    return next(messages, options, cancellationToken);
});
builder.Services.AddGemmaServer(options =>
{
    if (Environment.GetEnvironmentVariable("GEMMA_API_KEY") is { Length: > 0 } key) options.ApiKeys.Add(key);
    options.Aliases["gpt-4o-mini"] = "gemma";
});

var app = builder.Build();
app.MapGemma();
app.Run();

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Tests.Docs;

/// <summary>The blocks of docs/server.md.</summary>
internal static class ServerSnippets
{
    public static void Server(WebApplicationBuilder builder, WebApplication app, string key)
    {
        builder.Services.AddGemma("chat", options => options.ModelPath = "models/gemma-2b-it-int4");
        builder.Services.AddGemmaServer(options => options.ApiKeys.Add(key));
        app.MapGemma();
    }
}

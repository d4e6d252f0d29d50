using Gemma.Server;
using Gemma.Server.Heads;
using Gemma.Server.Health;
using Gemma.Server.Http;
using Gemma.Server.Ollama;
using Gemma.Server.OpenAI;
using Gemma.Server.OpenApi;
using Gemma.Server.Page;
using Gemma.Server.Responses;
using Gemma.Server.Tei;
using Gemma.Server.Tokenization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the routes of Gemma models.</summary>
public static class GemmaEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps OpenAI's routes, the heads', the tokenizer's, Ollama's, Text Embeddings Inference's and the health routes for every model that <c>AddGemma()</c>
    /// registered. Needs <c>AddGemmaServer()</c>.
    /// Requests run through the models' registered chat pipelines, so that their middleware applies.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <returns>All the routes, to add conventions such as policies or rate limits.</returns>
    /// <exception cref="InvalidOperationException">AddGemmaServer was not called.</exception>
    public static IEndpointConventionBuilder MapGemma(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<Gemma.Server.Catalog.ModelCatalog>() is null)
            throw new InvalidOperationException("MapGemma needs services.AddGemmaServer().");
        var routes = new GemmaRoutes(endpoints.MapGroup(string.Empty));
        HealthRoutes.Map(routes);
        ModelsRoutes.Map(routes);
        ChatCompletionsRoute.Map(routes);
        CompletionsRoute.Map(routes);
        EmbeddingsRoute.Map(routes);
        ModerationsRoute.Map(routes);
        ClassifyRoute.Map(routes);
        RerankRoute.Map(routes);
        ScoreRoute.Map(routes);
        TokenizeRoutes.Map(routes);
        ResponsesRoute.Map(routes);
        RefusedRoutes.Map(routes);
        TeiRoutes.Map(routes);
        OpenApiRoute.Map(routes);
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<GemmaServerOptions>>().Value;
        if (options.Ollama) OllamaRoutes.Map(routes);
        HomeRoute.Map(routes, options);
        return routes.Group;
    }
}

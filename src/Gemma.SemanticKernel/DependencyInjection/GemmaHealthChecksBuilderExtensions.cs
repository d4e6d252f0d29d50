using Gemma.SemanticKernel.HealthChecks;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of a registered Gemma model.</summary>
public static class GemmaHealthChecksBuilderExtensions
{
    /// <summary>Reports whether the model is loaded and takes requests; for readiness, not for liveness.</summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="serviceId">The model's key, or null.</param>
    /// <param name="name">The check's name, or null for "gemma" with the key.</param>
    /// <param name="tags">Default: "ready".</param>
    /// <returns>The same builder.</returns>
    public static IHealthChecksBuilder AddGemma(this IHealthChecksBuilder builder, string? serviceId = null, string? name = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        name ??= serviceId is null ? "gemma" : $"gemma:{serviceId}";
        return builder.Add(new HealthCheckRegistration(name, provider => new GemmaHealthCheck(provider.GetRequiredKeyedService<GemmaModelHolder>(serviceId)),
            HealthStatus.Unhealthy, tags ?? ["ready"]));
    }
}

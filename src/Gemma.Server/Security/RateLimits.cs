using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Gemma.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Security;

/// <summary>Limits what one key, or one address where there are no keys, may ask for at the same time and per minute.</summary>
internal sealed class RateLimits : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext>[] _limiters;

    public RateLimits(IOptions<GemmaServerOptions> options, ApiKeys keys)
    {
        var (concurrent, perMinute) = (options.Value.MaxConcurrentRequestsPerKey, options.Value.MaxRequestsPerMinutePerKey);
        List<PartitionedRateLimiter<HttpContext>> limiters = [];
        if (concurrent > 0)
        {
            limiters.Add(Create(keys, _ => new ConcurrencyLimiterOptions { PermitLimit = concurrent, QueueLimit = 0 },
                RateLimitPartition.GetConcurrencyLimiter));
        }
        if (perMinute > 0) limiters.Add(Create(keys, _ => Bucket(perMinute), RateLimitPartition.GetTokenBucketLimiter));
        _limiters = [.. limiters];
    }

    /// <summary>Takes a place; disposing the result gives it back.</summary>
    /// <exception cref="ApiException">There is none; it says when to try again.</exception>
    public IDisposable Enter(HttpContext context)
    {
        var places = new RateLimitPlaces();
        foreach (var limiter in _limiters)
        {
            var lease = limiter.AttemptAcquire(context);
            places.Add(lease);
            if (lease.IsAcquired) continue;
            places.Dispose();
            var seconds = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
            throw new ApiException(429, "rate_limit_error", "rate_limit_exceeded",
                string.Create(CultureInfo.InvariantCulture, $"Too many requests; try again in {seconds} s."))
            { RetryAfter = seconds };
        }

        return places;
    }

    public void Dispose()
    {
        foreach (var limiter in _limiters) limiter.Dispose();
    }

    private static PartitionedRateLimiter<HttpContext> Create<TOptions>(ApiKeys keys, Func<string, TOptions> options,
        Func<string, Func<string, TOptions>, RateLimitPartition<string>> create) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context => create(Partition(context, keys), options));

    private static TokenBucketRateLimiterOptions Bucket(int perMinute) => new()
    {
        TokenLimit = perMinute,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
        QueueLimit = 0,
    };

    // Keys are kept as digests only.
    private static string Partition(HttpContext context, ApiKeys keys) => keys.AreNeeded
        ? Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKeys.Given(context.Request))))
        : context.Connection.RemoteIpAddress?.ToString() ?? string.Empty;
}

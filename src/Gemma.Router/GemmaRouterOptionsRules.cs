using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.LoadBalancing;

namespace Gemma.Router;

/// <summary>The rules that attributes cannot say without reflection.</summary>
internal sealed class GemmaRouterOptionsRules(IServiceProvider services) : IValidateOptions<GemmaRouterOptions>
{
    private static readonly TimeSpan Tenth = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, GemmaRouterOptions options)
    {
        List<string> failures = [];
        if (options.Destinations.Count == 0)
            failures.Add($"{nameof(options.Destinations)}: there is none; add the address of each server, such as http://10.0.0.11:8484.");
        foreach (var address in options.Destinations)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
                failures.Add($"{nameof(options.Destinations)}: '{address}' is no address such as http://10.0.0.11:8484.");
        }

        foreach (var twice in options.Destinations.GroupBy(address => address, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
            failures.Add($"{nameof(options.Destinations)}: '{twice.Key}' is there twice.");

        // Asked for here and not before: ours needs the options itself.
        var policies = services.GetServices<ILoadBalancingPolicy>().ToArray();
        if (!policies.Any(policy => string.Equals(policy.Name, options.Policy, StringComparison.OrdinalIgnoreCase)))
            failures.Add(
                $"{nameof(options.Policy)}: there is no '{options.Policy}'; there "
                    + $"are {string.Join(", ", policies.Select(policy => policy.Name).Order(StringComparer.Ordinal))}.");
        Check(failures, nameof(options.ActivityTimeout), options.ActivityTimeout, Second, Day);
        Check(failures, nameof(options.ConnectTimeout), options.ConnectTimeout, Tenth, TimeSpan.FromMinutes(1));
        Check(failures, nameof(options.HealthInterval), options.HealthInterval, Tenth, TimeSpan.FromHours(1));
        Check(failures, nameof(options.ResolveInterval), options.ResolveInterval, Second, Day);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check(List<string> failures, string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most) failures.Add($"{name}: {value} is not from {least} to {most}.");
    }
}

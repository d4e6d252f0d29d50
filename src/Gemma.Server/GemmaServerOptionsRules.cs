using Microsoft.Extensions.Options;

namespace Gemma.Server;

/// <summary>The rules that attributes cannot say without reflection.</summary>
internal sealed class GemmaServerOptionsRules : IValidateOptions<GemmaServerOptions>
{
    private static readonly TimeSpan ShortestPing = TimeSpan.FromMilliseconds(100);

    public ValidateOptionsResult Validate(string? name, GemmaServerOptions options)
    {
        List<string> failures = [];
        if (options.ApiKeys.Any(string.IsNullOrWhiteSpace)) failures.Add("ApiKeys: a key is empty, which would let everybody in.");
        if (options.RequestTimeout < TimeSpan.FromSeconds(1) || options.RequestTimeout > TimeSpan.FromDays(1))
            failures.Add($"RequestTimeout: {options.RequestTimeout} is not from a second to a day.");
        if (options.PingInterval < ShortestPing || options.PingInterval > TimeSpan.FromHours(1))
            failures.Add($"PingInterval: {options.PingInterval} is not from a tenth of a second to an hour.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}

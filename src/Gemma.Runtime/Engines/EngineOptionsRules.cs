using Microsoft.Extensions.Options;

namespace Gemma.Runtime.Engines;

/// <summary>Checks <see cref="EngineOptions"/>, wherever they come from: ranges, and values that an enumeration does not have.</summary>
internal sealed class EngineOptionsRules : IValidateOptions<EngineOptions>
{
    private readonly EngineOptionsValidator _ranges = new();

    /// <summary>Says what is wrong.</summary>
    /// <param name="name">Where the options lie, such as <c>Engine</c>.</param>
    /// <param name="options">The options.</param>
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        List<string> failures = [.. _ranges.Validate(name, options).Failures ?? []];
        if (options.Kind is { } kind) AddUndefined(kind, nameof(options.Kind));
        AddUndefined(options.Device, nameof(options.Device));
        AddUndefined(options.Sampling, nameof(options.Sampling));
        AddUndefined(options.CachePrecision, nameof(options.CachePrecision));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void AddUndefined<T>(T value, string option)
            where T : struct, Enum
        {
            if (!Enum.IsDefined(value)) failures.Add($"{name}.{option}: '{value}' is not one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }
}

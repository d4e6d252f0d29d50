using System.Globalization;
using Gemma.Cli.Infrastructure;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Chat;

/// <summary>What <c>/set</c> shows and changes.</summary>
internal static class ChatSettings
{
    public const string Names = "temperature, top_k, top_p, seed, max_new_tokens";

    /// <summary>Changes a setting; "default" takes the model's.</summary>
    /// <exception cref="UsageException">There is no such setting, or the value makes no sense for it.</exception>
    public static void Set(ChatOptions options, string name, string value)
    {
        var isDefault = value is "default" or "";
        switch (name)
        {
            case "temperature":
                options.Temperature = isDefault ? null : Number(name, value, 0, float.MaxValue);
                break;
            case "top_k":
                options.TopK = isDefault ? null : (int)Whole(name, value, 1, int.MaxValue);
                break;
            case "top_p":
                options.TopP = isDefault ? null : Number(name, value, float.Epsilon, 1);
                break;
            case "seed":
                options.Seed = isDefault ? null : Whole(name, value, long.MinValue, long.MaxValue);
                break;
            case "max_new_tokens":
                options.MaxOutputTokens = isDefault ? null : (int)Whole(name, value, 1, int.MaxValue);
                break;
            default:
                throw new UsageException($"There is no setting '{name}'; {Names} can be set.");
        }
    }

    /// <summary>All settings.</summary>
    public static string Show(ChatOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"temperature {Text(options.Temperature)}, top_k {Text(options.TopK)}, top_p {Text(options.TopP)}, seed {Text(options.Seed)}, "
            + $"max_new_tokens {Text(options.MaxOutputTokens)}");

    private static string Text<T>(T? value)
        where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture) ?? "default";

    private static float Number(string name, string value, float least, float most) =>
        float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, value);

    private static long Whole(string name, string value, long least, long most) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Wrong(name, value);

    private static UsageException Wrong(string name, string value) => new($"{name}: '{value}' is not a value for it; 'default' takes the model's.");
}

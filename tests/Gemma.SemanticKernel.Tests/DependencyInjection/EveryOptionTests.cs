using System.Reflection;
using System.Text.Json;
using Gemma.Conversion.Hub;
using Gemma.Runtime.Engines;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel.Tests.DependencyInjection;

/// <summary>
/// Walks every option there is, a new one too: bound from configuration, checked, and forwarded to where it acts. That each is documented is what
/// <see cref="Docs.ConfigurationPageTests"/> shows.
/// </summary>
public sealed class EveryOptionTests
{
    private const string OnTheHub = "google/gemma-2b-it";

    // These act where the model is found, loaded and let go, not on the model: tests of hosting and of the hub show them at work.
    private static readonly string[] OfTheHost = ["Conversion:CacheFolder", "LoadOnStart", "UnloadAfter"];

    public static TheoryData<string> All => [.. Walk(typeof(GemmaOptions), string.Empty)];

    public static TheoryData<string> Checked => [.. Walk(typeof(GemmaOptions), string.Empty).Where(path => WrongValue(Find(path).PropertyType) is not null)];

    public static TheoryData<string> Forwarded => [.. Walk(typeof(GemmaOptions), string.Empty)
        .Where(path => !OfTheHost.Contains(path) && !path.StartsWith("Hub:", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(All))]
    public void AddGemma_AnotherValue_IsBound(string path) =>
        Assert.NotEqual(Text(Value(Bind(Surroundings(path)), path)), Text(Value(WithAnotherValue(path), path)));

    [Theory]
    [MemberData(nameof(Checked))]
    public void AddGemma_WrongValue_IsRefusedByName(string path)
    {
        var values = Surroundings(path);
        values[path] = WrongValue(Find(path).PropertyType);
        var error = Assert.Throws<OptionsValidationException>(() => Bind(values));
        Assert.Contains(path.Split(':')[^1], error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forwarded))]
    public void AddGemma_AnotherValue_ArrivesWhereItActs(string path) =>
        Assert.NotEqual(Arriving(Bind(Surroundings(path))), Arriving(WithAnotherValue(path)));

    // What a model is opened, converted, found and asked with.
    private static string Arriving(GemmaOptions options)
    {
        using var holder = new GemmaModelHolder(options, NullLoggerFactory.Instance, TimeProvider.System, null);
        return Text(new object?[]
        {
            holder.ModelOptions(),
            options.Conversion.ToConversion(new EngineOptions()),
            holder.RequestDefaults().Config,
            ModelLocation.HubName(options)?.ToString() ?? options.ModelPath,
        });
    }

    private static GemmaOptions WithAnotherValue(string path)
    {
        var type = Find(path).PropertyType;
        var before = Text(Value(Bind(Surroundings(path)), path));
        List<string> errors = [];
        foreach (var (suffix, text) in OtherValues(Nullable.GetUnderlyingType(type) ?? type))
        {
            var values = Surroundings(path);
            values[path + suffix] = text;
            try
            {
                var options = Bind(values);
                if (Text(Value(options, path)) != before) return options;
                errors.Add($"{text} changes nothing");
            }
            catch (OptionsValidationException e)
            {
                errors.Add(e.Message);
            }
        }

        throw new InvalidOperationException($"{path} takes none of the values tried: {string.Join("; ", errors)}");
    }

    private static IEnumerable<(string Suffix, string Text)> OtherValues(Type type)
    {
        if (type == typeof(bool)) return [(string.Empty, "true"), (string.Empty, "false")];
        if (type == typeof(TimeSpan)) return [(string.Empty, "00:10:00")];
        if (type == typeof(IList<string>)) return [(":0", AppContext.BaseDirectory + "=topics")];
        if (type == typeof(IDictionary<string, string>)) return [(":gpu_mem_limit", "5")];
        if (type.IsEnum) return Enum.GetNames(type).Select(name => (string.Empty, name));
        string[] texts = type == typeof(string)
            ? ["https://mirror.example", AppContext.BaseDirectory, "other"]
            : type == typeof(float) ? ["0.5"] : ["3", "8", "64", "65536"];
        return texts.Select(text => (string.Empty, text));
    }

    // Numbers and enumerations have values that make no sense; texts and switches do not.
    private static string? WrongValue(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } => "77",
        var plain when plain == typeof(TimeSpan) => "-00:00:01",
        var plain when plain == typeof(int) || plain == typeof(long) || plain == typeof(float) => "-1",
        _ => null,
    };

    // A revision means something for models of the hub only, which are refused unless they are there or may be downloaded.
    private static Dictionary<string, string?> Surroundings(string path) => path == nameof(GemmaOptions.ModelRevision)
        ? new() { ["ModelPath"] = OnTheHub, ["Hub:AllowDownload"] = "true" }
        : new() { ["ModelPath"] = Path.GetTempPath() };

    private static IEnumerable<string> Walk(Type type, string prefix) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
        IsSection(property.PropertyType) ? Walk(property.PropertyType, prefix + property.Name + ":") : [prefix + property.Name]);

    private static bool IsSection(Type type) =>
        type == typeof(EngineOptions) || type == typeof(HubOptions) || (type.IsClass && type.Namespace == typeof(GemmaOptions).Namespace);

    private static PropertyInfo Find(string path) =>
        path.Split(':').Aggregate((Type: typeof(GemmaOptions), Property: (PropertyInfo?)null), static (place, name) =>
            place.Type.GetProperty(name) is { } property ? (property.PropertyType, property) : throw new ArgumentException(name)).Property!;

    private static object? Value(object options, string path) =>
        path.Split(':').Aggregate((object?)options, static (value, name) => value!.GetType().GetProperty(name)!.GetValue(value));

    private static string Text(object? value) => JsonSerializer.Serialize(value);

    private static GemmaOptions Bind(Dictionary<string, string?> values)
    {
        var services = new ServiceCollection();
        services.AddGemma(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<GemmaOptions>>().CurrentValue;
    }
}

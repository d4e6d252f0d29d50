using System.Text.Json;

namespace Gemma.Runtime.Models;

/// <summary>The value of one generation option in JSON, checked as it is read.</summary>
internal readonly struct JsonOption(string key, JsonElement value)
{
    /// <summary>Whether the value leaves a feature off: false, an empty list, or the number that does.</summary>
    public bool IsOff(double? neutral) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Number => value.TryGetDouble(out var number) && number == neutral,
        _ => false,
    };

    public bool Flag() => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Expected("true or false"),
    };

    public int Int() => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Expected("an integer");

    public long Long() => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Expected("a 64-bit integer");

    public double Number() =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Expected("a number");

    public IReadOnlyList<int> IdOrIds() => value.ValueKind == JsonValueKind.Array ? Ids() : [Int()];

    public IReadOnlyList<int> Ids() => Items("a list of token ids", static item => item.Int());

    public IReadOnlyList<IReadOnlyList<int>> IdLists() => Items("a list of lists of token ids", static item => item.Ids());

    public IReadOnlyList<string> Texts() =>
        value.ValueKind == JsonValueKind.String ? [Text()] : Items("a string or a list of strings", static item => item.Text());

    public IReadOnlyList<SequenceBias> Biases() => Items("a list of [token ids, bias]", static item => item.Bias());

    public LengthDecay Decay()
    {
        const string form = "a list of a token count and a factor";
        var (start, factor) = Pair(form);
        return new LengthDecay(start.Int(), factor.Number());
    }

    public EarlyStopping EarlyStopping() => value.ValueKind switch
    {
        JsonValueKind.True => Models.EarlyStopping.WhenEnough,
        JsonValueKind.False => Models.EarlyStopping.Heuristic,
        JsonValueKind.String when value.ValueEquals("never") => Models.EarlyStopping.Never,
        _ => throw Expected("true, false or \"never\""),
    };

    private string Text() => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Expected("a string");

    private SequenceBias Bias()
    {
        var (ids, bias) = Pair("a list of [token ids, bias]");
        return new SequenceBias(ids.Ids(), bias.Number());
    }

    private (JsonOption First, JsonOption Second) Pair(string form) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2 ? (new(key, value[0]), new(key, value[1])) : throw Expected(form);

    private T[] Items<T>(string form, Func<JsonOption, T> read)
    {
        if (value.ValueKind != JsonValueKind.Array) throw Expected(form);
        var items = new T[value.GetArrayLength()];
        var index = 0;
        foreach (var item in value.EnumerateArray()) items[index++] = read(new JsonOption(key, item));
        return items;
    }

    private InvalidGenerationConfigException Expected(string form)
    {
        var text = value.GetRawText();
        return new InvalidGenerationConfigException(key, $"{form} is expected, not {(text.Length <= 40 ? text : $"a {value.ValueKind}")}");
    }
}

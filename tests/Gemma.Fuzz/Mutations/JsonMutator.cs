using System.Text;
using System.Text.Json;

namespace Gemma.Fuzz.Mutations;

/// <summary>Changes values and names of a JSON document, so that most of it is still read.</summary>
internal static class JsonMutator
{
    private static readonly byte[][] OddValues =
    [
        .. new[]
        {
            "null", "true", "false", "0", "-1", "1", "2", "1e308", "-1e-320", "1.5", "65536", "2147483647", "2147483648", "9223372036854775807",
            "18446744073709551616", "1e400", "\"\"", "\"a\"",
            "\"\\ud800\"", "\"\\udc00x\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"../../etc/passwd\"", "\"/\"", "\"#/$defs/a\"", "\"#\"", "\"(a+)+$\"", "[]",
            "{}", "[null]", "[[]]", "{\"\":null}", "{\"a\":{\"\\ud800\":1}}",
            "[\"\\ud800\"]", "{\"\\ud800\":\"\\ud800\"}", "{\"a\":1,\"a\":2}", "[1,\"a\",null,{}]",
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'"', 0xff, (byte)'"'],
        [(byte)'"', 0xed, 0xa0, 0x80, (byte)'"'],
        [(byte)'{', (byte)'"', 0xc3, (byte)'"', (byte)':', (byte)'1', (byte)'}'],
        [.. "["u8, .. Enumerable.Repeat((byte)'[', 70), .. Enumerable.Repeat((byte)']', 70), .. "]"u8],
        [.. Enumerable.Repeat("{\"a\":"u8.ToArray(), 70).SelectMany(part => part), .. "1"u8, .. Enumerable.Repeat((byte)'}', 70)],
        [.. "\""u8, .. Enumerable.Repeat((byte)'a', 5000), .. "\""u8],
        [.. "["u8, .. Enumerable.Repeat("1,"u8.ToArray(), 5000).SelectMany(part => part), .. "1]"u8],
    ];

    /// <summary>One to four changes; a text that is not JSON is changed by bytes.</summary>
    public static byte[] Mutate(Random random, byte[] seed)
    {
        var json = seed;
        for (var changes = 1 << random.Next(3); changes > 0; changes--)
        {
            var (values, names) = Find(json);
            json = values.Count == 0 || random.Next(8) == 0 ? ByteMutator.Mutate(random, json) : Change(random, json, values, names);
        }

        return json;
    }

    private static byte[] Change(Random random, byte[] json, List<Range> values, List<Range> names)
    {
        var value = values[random.Next(values.Count)];
        var other = values[random.Next(values.Count)];
        var name = names.Count == 0 ? value : names[random.Next(names.Count)];
        return random.Next(5) switch
        {
            0 => Replace(json, value, json[other]),
            1 => Replace(json, name, names.Count == 0 ? json[other] : json[names[random.Next(names.Count)]]),
            2 => Replace(json, name, OddValues.Where(text => text[0] == '"').ElementAt(random.Next(8))),
            _ => Replace(json, value, OddValues[random.Next(OddValues.Length)]),
        };
    }

    private static byte[] Replace(byte[] json, Range range, byte[] text) =>
        json.Length > 1 << 22 ? json : [.. json[..range.Start], .. text, .. json[range.End..]];

    private static (List<Range> Values, List<Range> Names) Find(byte[] json)
    {
        List<Range> values = [];
        List<Range> names = [];
        Stack<int> open = [];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
        try
        {
            while (reader.Read())
            {
                var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject or JsonTokenType.StartArray: open.Push(start); break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray: values.Add(open.Pop()..end); break;
                    case JsonTokenType.PropertyName: names.Add(start..json.AsSpan(0, end).LastIndexOf((byte)':')); break;
                    default: values.Add(start..end); break;
                }
            }
        }
        catch (JsonException)
        {
            // An earlier change ended the document early; what was found before is still there.
        }

        return (values, names);
    }
}

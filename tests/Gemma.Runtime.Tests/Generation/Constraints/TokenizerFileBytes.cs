using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>The pieces of a tokenizer.json, read without the library's tokenizer.</summary>
internal sealed partial class TokenizerFileBytes : ITokenBytes
{
    public const int Stop = 107;
    private readonly byte[][] _pieces;
    private readonly bool[] _special;

    private TokenizerFileBytes(Stream stream)
    {
        using var json = JsonDocument.Parse(stream);
        var vocabulary = json.RootElement.GetProperty("model").GetProperty("vocab");
        _pieces = new byte[vocabulary.EnumerateObject().Max(piece => piece.Value.GetInt32()) + 1][];
        _special = new bool[_pieces.Length];
        Array.Fill(_pieces, []);
        foreach (var piece in vocabulary.EnumerateObject())
        {
            var text = piece.Name;
            _pieces[piece.Value.GetInt32()] = Byte().Match(text) is { Success: true } match
                ? [byte.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)]
                : Encoding.UTF8.GetBytes(text.Replace('▁', ' '));
        }

        foreach (var token in json.RootElement.GetProperty("added_tokens").EnumerateArray())
            if (token.GetProperty("special").GetBoolean()) _special[token.GetProperty("id").GetInt32()] = true;
    }

    public int Count => _pieces.Length;

    public static TokenizerFileBytes Tiny()
    {
        using var file = File.OpenRead(Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it", "tokenizer.json"));
        return new TokenizerFileBytes(file);
    }

    public static TokenizerFileBytes Gemma1()
    {
        using var file = File.OpenRead(SharedData.Require("gemma-tokenizer", "gemma1.tokenizer.json.gz"));
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        return new TokenizerFileBytes(unzipped);
    }

    public ReadOnlySpan<byte> GetBytes(int id) => _pieces[id];

    public bool IsSpecial(int id) => _special[id];

    [GeneratedRegex("^<0x([0-9A-F]{2})>$")]
    private static partial Regex Byte();
}

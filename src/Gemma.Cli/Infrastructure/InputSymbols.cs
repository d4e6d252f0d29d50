using System.CommandLine;
using System.Text.Json;

namespace Gemma.Cli.Infrastructure;

/// <summary>Where a command's input lines come from, and in what form its results go out.</summary>
internal sealed class InputSymbols
{
    private readonly string _textKey;
    private readonly LineKeys _keys;
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON Lines." };
    private readonly Option<string?> _text;

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="textKey">The key, and the option, of a text: prompt or text.</param>
    /// <param name="keys">The keys of a line.</param>
    public InputSymbols(Command command, string textKey, LineKeys keys)
    {
        _keys = keys;
        _textKey = textKey;
        _text = new Option<string?>("--" + textKey) { Description = "A single input; without it JSON Lines are read from standard input." };
        command.Add(_json);
        command.Add(_text);
    }

    /// <summary>Whether results are JSON.</summary>
    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>The input.</summary>
    public IAsyncEnumerable<JsonLine> ReadAsync(ParseResult parsed, CommandConsole console, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_text) is not { } text) return JsonLines.ReadAsync(console.Input, _keys, cancellationToken);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString(_textKey, text);
            json.WriteEndObject();
        }

        return new[] { new JsonLine(1, JsonElement.Parse(buffer.ToArray())) }.ToAsyncEnumerable();
    }
}

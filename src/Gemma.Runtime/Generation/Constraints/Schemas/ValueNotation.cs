using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Terminals;
using Gemma.Runtime.Prompts.Tools;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>How values are written.</summary>
/// <param name="Quote">What stands around strings.</param>
/// <param name="Spacing">The white space between parts.</param>
internal sealed record ValueNotation(TextQuote Quote, ValueSpacing Spacing)
{
    /// <summary>JSON.</summary>
    public static ValueNotation Json { get; } = new(TextQuote.Json, ValueSpacing.Free);

    /// <summary>JSON as Gemma writes it in calls.</summary>
    public static ValueNotation Call { get; } = new(TextQuote.Json, ValueSpacing.One);

    /// <summary>Python's literals, and as the whole a call's arguments by name.</summary>
    public static ValueNotation Python { get; } = new(TextQuote.Json, ValueSpacing.One)
    {
        IsPython = true,
        Whole = new ObjectBrackets('(', ')', '=', HasBareNames: true),
    };

    /// <summary>How objects are written.</summary>
    public ObjectBrackets Objects { get; private init; } = ObjectBrackets.Json;

    /// <summary>How the object that is the whole value is written; null: as every other.</summary>
    public ObjectBrackets? Whole { get; private init; }

    private bool IsPython { get; init; }

    /// <summary>The notation of FunctionGemma and Gemma 4, with texts between marks.</summary>
    /// <param name="quote">The mark, in bytes of a grammar.</param>
    public static ValueNotation Marked(byte[] quote) =>
        new(new TextQuote(quote, HasEscapes: false), ValueSpacing.None) { Objects = ObjectBrackets.Json with { HasBareNames = true } };

    /// <summary>The ways to write a value that is no string between marks.</summary>
    public IEnumerable<string> Spellings(JsonElement value)
    {
        if (!IsPython) return JsonText.Spellings(value);
        var text = new StringBuilder();
        PythonLiteral.Append(text, value);
        return [text.ToString()];
    }

    /// <summary>How one of JSON's literals, such as true, is written.</summary>
    public string Literal(string json) => !IsPython ? json : json switch { "true" => "True", "false" => "False", _ => "None" };
}

using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Numbers;
using Gemma.Runtime.Generation.Constraints.Patterns;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for the parts of values that every grammar shares: of JSON, or of the same values in another notation.</summary>
/// <param name="builder">Makes the states.</param>
/// <param name="notation">How values are written.</param>
internal sealed class JsonGrammar(GrammarBuilder builder, ValueNotation notation)
{
    private const int MaxIndent = 24;
    private const string BareName = "^[A-Za-z_][A-Za-z0-9_]*$";
    private GrammarRule? _value;
    private GrammarRule? _object;
    private GrammarRule? _string;
    private GrammarRule? _number;
    private GrammarRule? _name;
    private Dfa? _bareName;
    private GrammarRule? _whitespace;

    /// <summary>Makes the states.</summary>
    public GrammarBuilder Builder => builder;

    /// <summary>How values are written.</summary>
    public ValueNotation Notation => notation;

    private Dfa Bare => _bareName ??= Pattern.Found(BareName, builder.Budget);

    /// <summary>Any value.</summary>
    public GrammarRule Value
    {
        get
        {
            if (_value is not null) return _value;
            var (start, end) = (builder.State(), builder.State(isFinal: true));
            _value = new GrammarRule(start, isContainer: false);
            foreach (var rule in (ReadOnlySpan<GrammarRule>)[AnyObject, AnyArray, String, Number, Literals(["true", "false", "null"])])
                start.AddCall(rule, end);
            return _value;
        }
    }

    /// <summary>Any object.</summary>
    public GrammarRule AnyObject
    {
        get
        {
            if (_object is not null) return _object;
            var start = builder.State();
            _object = new GrammarRule(start, isContainer: true);
            new ObjectGrammar(this, notation.Objects).AddMembers(start, [], [(Name, Value)], 0, ICharacterAutomaton.Unlimited);
            return _object;
        }
    }

    /// <summary>Any array.</summary>
    public GrammarRule AnyArray => new ArrayGrammar(this).Rule([], [Value], 0, ICharacterAutomaton.Unlimited);

    /// <summary>Any string.</summary>
    public GrammarRule String => _string ??= Text(new LengthAutomaton(0, ICharacterAutomaton.Unlimited));

    /// <summary>Any number.</summary>
    public GrammarRule Number => _number ??= builder.Text(NumberLanguage.Build(new NumberRange(IsInteger: false), builder.Budget));

    /// <summary>A property's name, other than those before it.</summary>
    public GrammarRule Name => _name ??= PropertyName(null, notation.Objects);

    /// <summary>A string.</summary>
    /// <param name="characters">Its texts.</param>
    /// <param name="isDistinct">Whether no two in an array may be equal.</param>
    public GrammarRule Text(ICharacterAutomaton characters, bool isDistinct = false) => builder.Text(characters, notation.Quote, isDistinct);

    /// <summary>One of several of JSON's literals.</summary>
    /// <param name="texts">Some of true, false and null.</param>
    /// <param name="isDistinct">Whether no two in an array may be equal.</param>
    public GrammarRule Literals(IEnumerable<string> texts, bool isDistinct = false) =>
        builder.Text(DfaBuilder.OneOf(texts.Select(notation.Literal), builder.Budget), null, isDistinct);

    /// <summary>The rules of some values.</summary>
    /// <param name="values">The values.</param>
    /// <param name="isDistinct">Whether no two in an array may be equal; they are then no arrays and objects.</param>
    public List<GrammarRule> Values(IReadOnlyList<JsonElement> values, bool isDistinct = false)
    {
        if (notation.Quote.HasEscapes) return [builder.Text(DfaBuilder.OneOf(values.SelectMany(notation.Spellings), builder.Budget), null, isDistinct)];
        List<GrammarRule> rules = [];
        var strings = values.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!).ToList();
        if (strings.Count > 0) rules.Add(Text(DfaBuilder.OneOf(strings, builder.Budget), isDistinct));
        var others = values.Where(value => value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array or JsonValueKind.Object)).ToList();
        if (others.Count > 0) rules.Add(builder.Text(DfaBuilder.OneOf(others.SelectMany(notation.Spellings), builder.Budget), null, isDistinct));
        foreach (var value in values.Where(value => value.ValueKind is JsonValueKind.Array or JsonValueKind.Object))
            rules.Add(new GrammarRule(Literal(value), isContainer: true));
        return rules;
    }

    /// <summary>A property's name that is declared.</summary>
    public byte[] DeclaredName(string name, ObjectBrackets brackets) => brackets.HasBareNames && Bare.Accepts(name) ? Encoding.UTF8.GetBytes(name)
        : notation.Quote.HasEscapes ? Encoding.UTF8.GetBytes(JsonText.Of(name))
        : [.. notation.Quote.Mark, .. Encoding.UTF8.GetBytes(name), .. notation.Quote.Mark];

    /// <summary>A property's name that is not declared, other than those before it.</summary>
    /// <param name="names">Which, or null for any.</param>
    /// <param name="brackets">How the object is written.</param>
    public GrammarRule PropertyName(ICharacterAutomaton? names, ObjectBrackets brackets)
    {
        // A bare name ends where its letters end.
        if (!brackets.HasBareNames) return Text(names ?? new LengthAutomaton(0, ICharacterAutomaton.Unlimited), isDistinct: true);
        return builder.Text(names is Dfa some ? DfaBuilder.Intersect(some, Bare, builder.Budget) : Bare, null, isDistinct: true);
    }

    /// <summary>Appends the white space that may stand between two parts.</summary>
    public GrammarState Space(GrammarState from) => notation.Spacing != ValueSpacing.Free ? from : builder.Call(from, _whitespace ??= NewWhitespace());

    /// <summary>Appends a comma and white space.</summary>
    public GrammarState Comma(GrammarState from)
    {
        var after = builder.Byte(from, (byte)',');
        return notation.Spacing == ValueSpacing.One ? builder.Byte(after, (byte)' ') : Space(after);
    }

    /// <summary>Appends what stands between a property's name and its value.</summary>
    public GrammarState Colon(GrammarState from, ObjectBrackets brackets)
    {
        var colon = builder.Byte(from, (byte)brackets.Separator);
        if (brackets.Separator != ':' || notation.Spacing == ValueSpacing.None) return colon;
        var after = builder.Byte(colon, (byte)' ');
        if (notation.Spacing == ValueSpacing.Free) colon.AddEmpty(after);
        return after;
    }

    private GrammarState Literal(JsonElement value)
    {
        var start = builder.State();
        Append(start, value).IsFinal = true;
        return start;
    }

    // A value with parts in a notation with marks, of which there is one spelling.
    private GrammarState Append(GrammarState from, JsonElement value)
    {
        var isFirst = true;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                from = builder.Byte(from, (byte)notation.Objects.Open);
                foreach (var member in value.EnumerateObject())
                {
                    if (!isFirst) from = Comma(from);
                    from = Append(Colon(builder.Literal(from, DeclaredName(member.Name, notation.Objects)), notation.Objects), member.Value);
                    isFirst = false;
                }

                return builder.Byte(from, (byte)notation.Objects.Close);
            case JsonValueKind.Array:
                from = builder.Byte(from, (byte)'[');
                foreach (var item in value.EnumerateArray())
                {
                    from = Append(isFirst ? from : Comma(from), item);
                    isFirst = false;
                }

                return builder.Byte(from, (byte)']');
            case JsonValueKind.String:
                return builder.Literal(from, [.. notation.Quote.Mark, .. Encoding.UTF8.GetBytes(value.GetString()!), .. notation.Quote.Mark]);
            default:
                return builder.Literal(from, Encoding.UTF8.GetBytes(value.GetRawText()));
        }
    }

    // Nothing, a space, or a new line with its indentation: bounded, so that a model cannot lose itself in it.
    private GrammarRule NewWhitespace()
    {
        var (start, end) = (builder.State(isFinal: true), builder.State(isFinal: true));
        start.AddByte((byte)' ', (byte)' ', end);
        var line = builder.Byte(start, (byte)'\n');
        for (var i = 0; i < MaxIndent; i++)
        {
            line.IsFinal = true;
            line = builder.Byte(line, (byte)' ');
        }

        line.IsFinal = true;
        return new GrammarRule(start, isContainer: false);
    }
}

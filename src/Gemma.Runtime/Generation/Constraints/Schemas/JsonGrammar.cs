using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Numbers;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for the parts of JSON that every grammar shares.</summary>
/// <param name="builder">Makes the states.</param>
/// <param name="isSpaced">Whether there is exactly one space after <c>:</c> and <c>,</c> and no other white space, as Gemma writes its calls; if not, white space is the model's choice, within bounds.</param>
internal sealed class JsonGrammar(GrammarBuilder builder, bool isSpaced)
{
    private const int MaxIndent = 24;
    private GrammarRule? _value;
    private GrammarRule? _object;
    private GrammarRule? _string;
    private GrammarRule? _number;
    private GrammarRule? _name;
    private GrammarRule? _whitespace;

    /// <summary>Makes the states.</summary>
    public GrammarBuilder Builder => builder;

    /// <summary>Any value.</summary>
    public GrammarRule Value
    {
        get
        {
            if (_value is not null) return _value;
            var (start, end) = (builder.State(), builder.State(isFinal: true));
            _value = new GrammarRule(start, isContainer: false);
            foreach (var rule in (ReadOnlySpan<GrammarRule>)[AnyObject, AnyArray, String, Number, Literals(["true", "false", "null"])]) start.AddCall(rule, end);
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
            new ObjectGrammar(this).AddMembers(start, [], [(Name, Value)], 0, ICharacterAutomaton.Unlimited);
            return _object;
        }
    }

    /// <summary>Any array.</summary>
    public GrammarRule AnyArray => new ArrayGrammar(this).Rule([], [Value], 0, ICharacterAutomaton.Unlimited);

    /// <summary>Any string.</summary>
    public GrammarRule String => _string ??= builder.Text(new LengthAutomaton(0, ICharacterAutomaton.Unlimited), isQuoted: true);

    /// <summary>Any number.</summary>
    public GrammarRule Number => _number ??= builder.Text(NumberLanguage.Build(new NumberRange(IsInteger: false), builder.Budget), isQuoted: false);

    /// <summary>A property's name, other than those before it.</summary>
    public GrammarRule Name => _name ??= builder.Text(new LengthAutomaton(0, ICharacterAutomaton.Unlimited), isQuoted: true, isDistinct: true);

    /// <summary>One of several texts of JSON.</summary>
    public GrammarRule Literals(IEnumerable<string> texts) => builder.Text(DfaBuilder.OneOf(texts, builder.Budget), isQuoted: false);

    /// <summary>Appends the white space that may stand between two parts.</summary>
    public GrammarState Space(GrammarState from) => isSpaced ? from : builder.Call(from, _whitespace ??= NewWhitespace());

    /// <summary>Appends a comma and white space.</summary>
    public GrammarState Comma(GrammarState from)
    {
        var after = builder.Byte(from, (byte)',');
        return isSpaced ? builder.Byte(after, (byte)' ') : Space(after);
    }

    /// <summary>Appends a colon and white space.</summary>
    public GrammarState Colon(GrammarState from)
    {
        var colon = builder.Byte(from, (byte)':');
        var after = builder.Byte(colon, (byte)' ');
        if (!isSpaced) colon.AddEmpty(after);
        return after;
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

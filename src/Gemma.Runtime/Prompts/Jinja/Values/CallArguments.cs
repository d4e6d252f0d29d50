using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">Those by position.</param>
/// <param name="Named">Those by name.</param>
internal sealed record CallArguments(IReadOnlyList<JinjaValue> Positional, IReadOnlyList<KeyValuePair<TextValue, JinjaValue>> Named)
{
    public static readonly CallArguments None = new([], []);

    public static CallArguments Of(params JinjaValue[] positional) => new(positional, []);

    /// <summary>The arguments of parameters, null where one was left out.</summary>
    /// <param name="function">The function's name, for messages.</param>
    /// <param name="parameters">The parameters in order.</param>
    /// <exception cref="JinjaException">There are too many, unknown or double arguments.</exception>
    public JinjaValue?[] Bind(string function, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw new JinjaException($"{function}() takes at most {parameters.Length} arguments, but {Positional.Count} were given");
        var values = new JinjaValue?[parameters.Length];
        for (var i = 0; i < Positional.Count; i++) values[i] = Positional[i];
        foreach (var (name, value) in Named)
        {
            var place = parameters.IndexOf(name.Flat);
            if (place < 0) throw new JinjaException($"{function}() got an unexpected keyword argument '{name.Flat}'");
            if (values[place] is not null) throw new JinjaException($"{function}() got multiple values for argument '{name.Flat}'");
            values[place] = value;
        }

        return values;
    }

    /// <summary>The arguments of a function that takes none by name.</summary>
    /// <param name="function">The function's name, for messages.</param>
    /// <param name="minimum">The fewest arguments.</param>
    /// <param name="maximum">The most arguments.</param>
    public JinjaValue?[] Take(string function, int minimum, int maximum)
    {
        if (Named.Count > 0) throw new JinjaException($"{function}() takes no keyword arguments");
        if (Positional.Count < minimum || Positional.Count > maximum)
            throw new JinjaException($"{function}() takes {minimum} to {maximum} arguments, but {Positional.Count} were given");
        var values = new JinjaValue?[maximum];
        for (var i = 0; i < Positional.Count; i++) values[i] = Positional[i];
        return values;
    }

    /// <summary>The arguments after the first ones by position.</summary>
    public CallArguments Skip(int count) => this with { Positional = [.. Positional.Skip(count)] };
}

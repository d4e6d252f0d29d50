using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>A macro: calling it gives the text of its body, which sees the variables around its definition.</summary>
internal sealed class MacroValue(MacroBody body, Scope outer) : CallableValue
{
    private readonly Scope _outer = outer.Keep();

    public override string Name => body.Name;

    public override string TypeName => "Macro";

    public override JinjaValue Call(RenderRun run, CallArguments arguments)
    {
        run.Enter();
        run.Step(16);
        var line = run.Line;
        var output = new TextBuilder(run);
        var scope = new Scope(_outer, output);
        Bind(run, scope, arguments);
        Statement.Execute(body.Statements, scope);
        run.Line = line;
        run.Leave();
        return output.ToText(run.AutoEscape);
    }

    public override JinjaValue? Attribute(RenderRun run, string name) => name switch
    {
        "name" => TextValue.FromTemplate(body.Name),
        "arguments" => new ListValue([.. body.Parameters.Select(parameter => TextValue.FromTemplate(parameter.Name))], isTuple: true),
        "catch_varargs" => BoolValue.From(body.TakesMore),
        "catch_kwargs" => BoolValue.From(body.TakesNamed),
        "caller" => BoolValue.From(body.TakesCaller),
        _ => null,
    };

    private void Bind(RenderRun run, Scope scope, CallArguments arguments)
    {
        var parameters = body.Parameters;
        var given = new JinjaValue?[parameters.Length];
        for (var i = 0; i < Math.Min(given.Length, arguments.Positional.Count); i++) given[i] = arguments.Positional[i];
        if (arguments.Positional.Count > given.Length && !body.TakesMore)
            throw new JinjaException($"macro '{Name}' takes not more than {given.Length} argument(s)");
        var rest = new DictValue();
        JinjaValue? caller = null;
        foreach (var (key, value) in arguments.Named)
        {
            var name = run.Flat(key);
            var place = Array.FindIndex(parameters, parameter => parameter.Name == name);
            if (place >= 0) given[place] = given[place] is null ? value : throw new JinjaException($"macro '{Name}' got multiple values for argument '{name}'");
            else if (name == "caller" && body.TakesCaller) caller = value;
            else if (body.TakesNamed) rest.Set(key, value);
            else throw new JinjaException($"macro '{Name}' takes no keyword argument '{name}'");
        }

        if (body.TakesCaller && Array.TrueForAll(parameters, parameter => parameter.Name != "caller"))
            scope.Set("caller", caller ?? new UndefinedValue("No caller defined"));
        if (body.TakesNamed) scope.Set("kwargs", rest);
        if (body.TakesMore) scope.Set("varargs", new ListValue([.. arguments.Positional.Skip(given.Length)], isTuple: true));

        // All are names of the macro from the beginning: a default sees those before it, and what was given.
        for (var i = 0; i < given.Length; i++)
            scope.Set(parameters[i].Name, given[i] ?? new UndefinedValue($"parameter '{parameters[i].Name}' was not provided"));
        for (var i = 0; i < given.Length; i++)
            if (given[i] is null && parameters[i].Default is { } value) scope.Set(parameters[i].Name, value.Evaluate(scope));
    }
}

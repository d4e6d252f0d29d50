namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A function of the environment, or a method that belongs to a value.</summary>
internal sealed class FunctionValue(string name, Func<RenderRun, CallArguments, JinjaValue> call) : CallableValue
{
    public override string Name => name;

    public override string TypeName => "function";

    public override JinjaValue Call(RenderRun run, CallArguments arguments)
    {
        run.Step();
        return call(run, arguments);
    }
}

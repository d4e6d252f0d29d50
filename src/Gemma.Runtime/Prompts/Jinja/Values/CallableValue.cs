namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A value that can be called.</summary>
internal abstract class CallableValue : JinjaValue
{
    /// <summary>Its name, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Calls it.</summary>
    public abstract JinjaValue Call(RenderRun run, CallArguments arguments);
}

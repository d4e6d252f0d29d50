namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>A value of a template. The set is closed: nothing of the host can be reached through it.</summary>
internal abstract class JinjaValue
{
    /// <summary>The name of the value's type in Python, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Whether the value counts as true in a condition.</summary>
    public virtual bool IsTrue => true;

    /// <summary>What the value is called, by <c>x.name</c>; null if it has no such attribute, whereupon its keys are looked at.</summary>
    public virtual JinjaValue? Attribute(RenderRun run, string name) => null;
}
